"""Shows for each check of the pages that it finds the mistake, and that it accepts the page without it.

Each test makes a repository of a few files in a temporary folder.
"""

import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))

import commands
import exercises
import figures
import links
import names
import quotes
import terms
import wording
from repository import Repository

LONG = "A picture of three servers and one client that waits for them."


class CheckTest(unittest.TestCase):
    """A test case with a small repository."""

    def problems(self, check, files):
        with tempfile.TemporaryDirectory() as folder:
            for path, text in files.items():
                file = Path(folder, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
            return list(check.problems(Repository(folder)))

    def accepts(self, check, files):
        self.assertEqual(self.problems(check, files), [])

    def finds(self, expected, check, files):
        """Exactly one mistake, whose line contains `expected`."""
        found = self.problems(check, files)
        self.assertEqual(len(found), 1, found)
        self.assertIn(expected, found[0])


class Exercises(CheckTest):
    NAME = "async-client/exercises/find/README.md"
    PAGE = "find · 20 minutes · trains: select\n\n# Find\n"

    def files(self, sheet="- [find](exercises/find/README.md): find it.", teaching=""):
        return {self.NAME: self.PAGE, "async-client/README.md": sheet, "docs/teaching.md": teaching}

    def test_accepts_an_exercise_with_its_minutes(self):
        self.accepts(exercises, self.files(teaching=f"[find](../{self.NAME}), 20 min, [chapter 3](03.md), 5 min\n"))

    def test_finds_an_exercise_that_its_lab_sheet_does_not_list(self):
        self.finds(f"async-client/README.md: the exercise {self.NAME} is missing", exercises, self.files(sheet=""))

    def test_finds_other_minutes(self):
        self.finds("docs/teaching.md:2: async-client/exercises/find/README.md says 20 minutes; write 20 min", exercises,
                   self.files(teaching=f"\n[x](../{self.NAME}), 25 min"))  # fmt: skip


class Quotes(CheckTest):
    SOURCE = "int a;\n\nint b;\nint c;\nint d;\n"

    def page(self, fence, source=SOURCE):
        return {"page.md": f"Text.\n\n{fence}\n", "src/a.cpp": source}

    def test_accepts_lines_of_the_file(self):
        self.accepts(quotes, self.page('```cpp title="src/a.cpp"\nint a;\n\nint b;\n```'))

    def test_accepts_lines_left_out_between_two_pieces(self):
        self.accepts(quotes, self.page('```cpp title="src/a.cpp"\nint a;\n  // ...\nint d;\n```'))

    def test_accepts_a_fence_inside_a_list(self):
        self.accepts(quotes, self.page('- text\n\n  ```cpp title="src/a.cpp"\n  int a;\n  ```'))

    def test_finds_a_line_that_the_file_does_not_have(self):
        fence = '```cpp title="src/a.cpp"\nint c;\nint x;\n```'
        self.finds("page.md:5: src/a.cpp does not continue with this line: 'int x;'", quotes, self.page(fence))

    def test_finds_a_source_that_has_changed(self):
        fence = '```cpp title="src/a.cpp"\nint a;\n\nint b;\n```'
        self.finds("does not continue with this line: 'int b;'", quotes, self.page(fence, "int a;\n\nint B;\n"))

    def test_finds_another_indentation(self):
        self.finds("int b;", quotes, self.page('```cpp title="src/a.cpp"\n  int b;\n```'))

    def test_finds_lines_left_out_without_a_mark(self):
        self.finds("'int d;'", quotes, self.page('```cpp title="src/a.cpp"\nint b;\nint d;\n```'))

    def test_finds_pieces_in_another_order(self):
        self.finds("'int a;'", quotes, self.page('```cpp title="src/a.cpp"\nint c;\n// ...\nint a;\n```'))

    def test_finds_a_file_that_does_not_exist(self):
        self.finds("there is no file b.cpp", quotes, self.page('```cpp title="b.cpp"\nint a;\n```'))

    def test_finds_code_without_a_file(self):
        self.finds("names no file", quotes, self.page("```cpp\nint a;\n```"))

    def test_finds_a_quote_of_nothing(self):
        self.finds("quotes nothing", quotes, self.page('```cpp title="src/a.cpp"\n// ...\n```'))

    def test_finds_a_fence_that_is_not_closed(self):
        self.finds("is not closed", quotes, self.page('```cpp title="src/a.cpp"\nint a;'))


class Diffs(CheckTest):
    def page(self, lines, title="a.cpp -> b.cpp"):
        fence = f'```diff title="{title}"\n{lines}\n```\n'
        return {"page.md": fence, "a.cpp": "one\ntwo\nfour\n", "b.cpp": "one\nthree\nfour\n"}

    def test_accepts_the_difference_of_two_files(self):
        self.accepts(quotes, self.page(" one\n-two\n+three\n four"))

    def test_accepts_the_difference_of_two_programs(self):
        files = self.page(" one\n-two\n+three", "old -> new")
        files["CMakeLists.txt"] = "poetry_program(old a.cpp)\npoetry_program(new b.cpp)\n"
        self.accepts(quotes, files)

    def test_finds_a_removed_line_that_the_old_file_does_not_have(self):
        self.finds("page.md:3: a.cpp does not have this line here: 'three'", quotes, self.page(" one\n-three"))

    def test_finds_an_added_line_that_the_new_file_does_not_have(self):
        self.finds("page.md:3: b.cpp does not have this line here: 'two'", quotes, self.page(" one\n+two"))

    def test_finds_lines_in_another_order(self):
        self.finds("a.cpp does not have this line here: 'one'", quotes, self.page("-two\n-one"))

    def test_finds_a_diff_that_names_no_files(self):
        self.finds("names no two files", quotes, self.page(" one", ""))


class Transcripts(CheckTest):
    def test_accepts_a_transcript_behind_its_command(self):
        page = '```sh title="second terminal"\nls\n```\n\nThis prints:\n\n```text\na\n```\n'
        self.accepts(quotes, {"page.md": page})

    def test_accepts_a_transcript_that_names_the_first_terminal(self):
        first = '```sh title="first terminal"\nls\n```\n\n```sh\nls\n```\n'
        self.accepts(quotes, {"page.md": first + '```text title="first terminal"\na\n```\n'})
        self.finds("follows no commands", quotes, {"page.md": '```text title="first terminal"\na\n```\n'})

    def test_finds_a_transcript_without_a_command(self):
        self.finds("follows no commands", quotes, {"page.md": "```sh\nls\n```\n\n```text\na\n```\n"})

    def test_finds_an_unknown_terminal(self):
        self.finds("no terminal has the title", quotes, {"page.md": '```sh title="third terminal"\nls\n```\n'})


class Links(CheckTest):
    def test_accepts_links_that_lead_somewhere(self):
        page = (
            "# One `code` & two\n\n[a](docs/b.md) [b](docs/b.md#the-end) [c](#one-code--two)\n[d](https://a.org) "
            '<a id="here"></a>[e](#here)\n\n`[](int x) { }`\n\n```cpp\n[no](link)\n```\n'
        )
        self.accepts(links, {"page.md": page, "docs/b.md": "## The end\n\n[back](../page.md)"})

    def test_numbers_headings_of_the_same_name(self):
        page = "[one](#same) [two](#same-1)\n\n# Same\n\n# Same\n"
        self.accepts(links, {"page.md": page})
        self.finds("#same-2", links, {"page.md": page + "\n[three](#same-2)"})

    def test_finds_a_file_that_does_not_exist(self):
        self.finds("page.md:3: there is no docs/c.md", links, {"page.md": "a\n\n[text\nmore](docs/c.md)"})

    def test_finds_a_heading_that_the_other_page_does_not_have(self):
        self.finds("has no heading for #b", links, {"page.md": "[a](b.md#b)", "b.md": "# A"})

    def test_finds_a_heading_that_this_page_does_not_have(self):
        self.finds("page.md has no heading for #b", links, {"page.md": "# A\n\n[a](#b)"})

    def test_finds_a_picture_that_does_not_exist(self):
        self.finds("there is no a.svg", links, {"page.md": f"![{LONG}](a.svg)"})

    def test_finds_the_picture_of_the_dark_scheme_that_does_not_exist(self):
        self.finds("there is no a.svg", links, {"page.md": '<picture>\n<source srcset="a.svg">\n</picture>'})

    def test_finds_a_file_outside_the_repository(self):
        self.finds("there is no ../a.md", links, {"docs/page.md": "[a](../../a.md)"})

    def test_finds_a_link_that_is_not_encrypted(self):
        self.finds("link to https", links, {"page.md": "[a](http://a.org)"})


class Figures(CheckTest):
    def files(self, page, draw=None):
        files = {"docs/page.md": page, "docs/figures/loop.svg": "<svg/>"}
        if draw is not None:
            files["docs/figures/source/draw.py"] = draw
        return files

    def test_accepts_a_figure_that_is_used_and_described(self):
        self.accepts(figures, self.files(f"![{LONG}](figures/loop.svg)", "import sys; sys.exit(0)"))

    def test_accepts_a_picture_in_html(self):
        self.accepts(figures, self.files(f'<img src="figures/loop.svg"\n  alt="{LONG}">'))

    def test_finds_a_figure_that_no_page_uses(self):
        self.finds("docs/figures/loop.svg: no page uses this figure", figures, self.files("Text."))

    def test_finds_a_picture_with_a_short_text(self):
        self.finds("docs/page.md:1: the picture figures/loop.svg has an alternative text of 8 characters", figures,
                   self.files("![The loop](figures/loop.svg)"))  # fmt: skip

    def test_finds_a_figure_that_is_older_than_its_source(self):
        draw = "import sys; assert sys.argv[1] == '--check'; print('loop.svg has changed'); sys.exit(1)"
        self.finds("loop.svg has changed", figures, self.files(f"![{LONG}](figures/loop.svg)", draw))


class Names(CheckTest):
    NAMES = "| here | Twisted | libevent |\n| --- | --- | --- |\n| `doRead` | `IReader.doRead` | `event_new` |\n"

    def files(self, text, names_page=NAMES, others=""):
        return {
            "page.md": text,
            "docs/reference/names.md": names_page,
            "tools/pages/other-names.txt": others,
            "common/reactor/reactor.hpp": "class Reactor { void run(); void doRead(); };  // a commentedName\n",
            "common/other.hpp": "int other(); const char* text = \"// --trace shownName\";\n",
        }

    def test_accepts_names_of_ours_of_the_system_and_of_the_tables(self):
        self.accepts(names, self.files(
            "`Reactor`, `Reactor::run`, `doRead()`, `recv(2)`, `FD_SETSIZE`, `std::string_view`, `IReader.doRead`,\n"
            "`reactor.hpp`, `common/reactor/`, `sys/socket.h`, `--trace`, `shownName`, `Reactor&`, `errno == EAGAIN`"
        ))  # fmt: skip

    def test_accepts_messages_and_commands(self):
        self.accepts(names, self.files("`Task 1 finished`, `nc localhost 10000`, `cmake --workflow`, `build/bin/x`, `my/`"))

    def test_accepts_a_name_from_elsewhere(self):
        self.accepts(names, self.files("`doReed`", others="# why\ndoReed\n"))

    def test_finds_a_name_that_does_not_exist(self):
        self.finds("page.md:2: the name `doReed` is in no source", names, self.files("a\n`doReed`"))

    def test_finds_a_member_of_another_class(self):
        self.finds("the name `Reactor::other`", names, self.files("`Reactor::other`"))

    def test_finds_a_name_inside_a_piece_of_code(self):
        self.finds("the name `addReeder`", names, self.files("`doRead(addReeder, x)`"))

    def test_finds_a_name_that_only_a_comment_has(self):
        self.finds("the name `commentedName`", names, self.files("`commentedName`"))

    def test_finds_a_file_that_does_not_exist(self):
        self.finds("there is no file `reactor/loop.hpp`", names, self.files("`reactor/loop.hpp`"))

    def test_finds_an_option_that_does_not_exist(self):
        self.finds("the option `--tracing`", names, self.files("`--tracing`"))

    def test_finds_a_name_of_ours_in_the_table_that_no_header_has(self):
        self.finds("names.md:3: `doReed` is in no header of common/reactor/", names,
                   self.files("", self.NAMES.replace("| `doRead`", "| `doReed`")))  # fmt: skip

    def test_finds_a_name_of_libevent_in_the_table_that_no_header_has(self):
        self.finds("names.md:3: `event_nev` is in no header of libevent", names,
                   self.files("", self.NAMES.replace("event_new", "event_nev")))  # fmt: skip

    def test_finds_that_the_tables_are_gone(self):
        self.finds("has no table of names", names, self.files("", "# Names\n"))

    def test_finds_a_name_from_elsewhere_that_no_page_uses(self):
        self.finds("no page uses `doReed`", names, self.files("", others="doReed\n"))


class Terms(CheckTest):
    GLOSSARY = "| term | chapter | meaning |\n| --- | --- | --- |\n| event loop | [3](../03-select.md) | A loop. |\n"

    def files(self, first="Text.", third="An **event\nloop** waits.", glossary=GLOSSARY):
        return {
            "docs/01-models.md": first,
            "docs/03-select.md": third,
            "async-client/README.md": "The event loop.",
            "docs/README.md": "The event loop.",
            "docs/reference/glossary.md": glossary,
        }

    def test_accepts_a_term_in_its_chapter_and_in_pages_without_a_chapter(self):
        self.accepts(terms, self.files())

    def test_accepts_a_term_in_the_plural(self):
        self.accepts(terms, self.files(third="**Event loops.**"))

    def test_accepts_a_term_in_code_and_in_targets(self):
        self.accepts(terms, self.files('`event loop` my-event loop\n[x](event%20loop.md "event loop")'))

    def test_accepts_a_term_in_a_paragraph_with_a_link_to_its_chapter(self):
        self.accepts(terms, self.files("What an event loop is, says\n[Chapter 3](03-select.md#x)."))
        self.finds("01-models.md:1: 'event loop'", terms, self.files("An event loop.\n\n[Chapter 3](03-select.md)"))

    def test_finds_a_term_in_an_earlier_chapter(self):
        self.finds("docs/01-models.md:2: 'event loop' is explained later, in docs/03-select.md", terms,
                   self.files("Wait\nfor Event\nloops."))  # fmt: skip

    def test_finds_a_term_in_an_earlier_lab_sheet(self):
        self.finds("blocking-client/README.md:1: 'event loop'", terms,
                   self.files() | {"blocking-client/README.md": "# No event loop"})  # fmt: skip

    def test_finds_a_term_in_a_hint_of_an_exercise_of_an_earlier_lesson(self):
        hint = "<details markdown=\"1\"><summary>Hint 1</summary>\n\nThe event loop.\n\n</details>\n"
        page = {"blocking-client/exercises/read/README.md": hint}
        self.finds("exercises/read/README.md:3: 'event loop'", terms, self.files() | page)
        self.accepts(terms, self.files() | {"async-client/exercises/read/README.md": hint})

    def test_finds_a_term_that_is_the_text_of_a_link_to_another_page(self):
        self.finds("'event loop' is explained later", terms, self.files("[the event loop](README.md)"))

    def test_finds_a_term_that_its_chapter_does_not_explain(self):
        self.finds("does not have **event loop** in bold", terms, self.files(third="An event loop waits."))

    def test_finds_a_term_without_a_chapter(self):
        self.finds("is no link to a chapter", terms, self.files(glossary=self.GLOSSARY.replace("03-select", "select")))

    def test_finds_that_the_table_is_gone(self):
        self.finds("has no table of terms", terms, self.files(glossary="# Glossary"))


class Commands(CheckTest):
    def files(self, command):
        return {
            "page.md": f"`{command}`\n\n```sh\n{command} &\n```\n\n    {command}   # in short\n",
            "lesson": "#!/bin/bash\n./lesson run\n./lesson diff\n./lesson test\n./lesson demo\n./lesson bench\n",
            "tools/helpers.sh": "lessons='first second'\n",
            "tools/demo": "#!/bin/bash\n--delay",
            "common/cli/command_line.cpp": '"--port"',
            "poem.txt": "",
            "docs/code/small_client.cpp": "\nint main() {}\n",
            "CMakeLists.txt": "poetry_program(first a.cpp)\npoetry_program(second b.cpp)\npoetry_program(third c.cpp)\n",
        }

    def test_accepts_commands_that_exist(self):
        for command in (
            "./lesson",
            "./lesson run third --port 10000 poem.txt",
            "./lesson run PROGRAM ARG...",
            "./lesson run small-client",
            "./lesson diff 1 2",
            "./lesson test second",
            "./lesson test 2",
            "./lesson demo --delay=0.1",
            "./lesson run first build/poem.txt",
        ):
            with self.subTest(command):
                self.accepts(commands, self.files(command))

    def test_finds_commands_that_do_not_exist(self):
        for command, expected in {
            "./lesson walk": "no such command",
            "./lesson run": "run needs a program",
            "./lesson run fourth": "there is no program fourth",
            "./lesson run first --prot 1": "run has no option --prot",
            "./lesson run first poems.txt": "there is no poems.txt",
            "./lesson diff 1": "diff needs two lessons",
            "./lesson diff 1 3": "there is no program 3",
            "./lesson test fourth": "there is no lesson fourth",
            "./lesson demo --fast": "demo has no option --fast",
        }.items():
            with self.subTest(command):
                found = self.problems(commands, self.files(command))
                self.assertEqual(len(found), 3, found)  # in the text, in the fence, in the indented code
                self.assertIn(expected, found[0])


class Wording(CheckTest):
    def files(self, page):
        return {"README.md": page, "poetry/science.txt": "12345", "tools/helpers.sh": "lessons=''\n"}

    def test_accepts_whole_poems_of_their_length(self):
        page = "```text\nTask 1: 5 bytes of poetry\nTask 1: got 2 bytes of poetry from a:1\n```\n"
        self.accepts(wording, self.files(page))

    def test_accepts_a_poem_that_the_page_makes(self):
        page = "```sh\nhead -c 77 /dev/zero\n```\n\n```text\nTask 1: got 77 bytes of poetry from a:1 in 0:00:01\n```\n"
        self.accepts(wording, self.files(page))

    def test_finds_a_whole_poem_of_another_length(self):
        self.finds("README.md:2: no poem has 6 bytes", wording, self.files("```text\nTask 1: 6 bytes of poetry\n```"))

    def test_finds_a_word_that_says_that_it_is_easy(self):
        self.finds("README.md:2: 'simply'", wording, self.files("You\nsimply call it; `just` is a name."))

    def test_finds_a_lesson_without_a_page(self):
        self.finds("one/README.md: this page is missing", wording,
                   self.files("") | {"tools/helpers.sh": "lessons='one'\n"})  # fmt: skip


if __name__ == "__main__":
    unittest.main()

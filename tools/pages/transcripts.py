#!/usr/bin/env python3
"""Runs the commands on the pages and compares what they print with the transcripts there.

    tools/pages/transcripts.py [--write] [--bin DIRECTORY] [PAGE...]

Without a PAGE, it takes all of them. --write puts the new output into the pages; of a shortened transcript it keeps
how many lines come before and after the line (N lines left out). The programs are those in DIRECTORY, or build/bin.

All pages run at the same time, each with ports of its own in place of 10000 to 10009, and in a folder of its own
with the repository's files in it. The page's next first terminal ends the programs of the first terminal.
In the other terminals, the page waits for all programs to end.
"""

import argparse
import concurrent.futures
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True

import quotes
import shape
import wording
from repository import Repository

LIMIT = 120  # seconds for a fence
PAGE_PORT = re.compile(r"\b1000\d\b")
RUN = re.compile(r"\./lesson run ([\w-]+)")
NO_COMMAND = re.compile(r"^bash: line \d+: (.*: (?:command not found|No such file or directory))$", re.MULTILINE)
# What bash itself prints when a signal ends a program that it started.
FROM_BASH = re.compile(r"bash: line \d+: +\d+ (Terminated|Killed|Interrupt)\b.*")


class Failed(Exception):
    """Why the commands of a page could not be run, and the line of the fence."""

    def __init__(self, why, line=None):
        super().__init__(why)
        self.line = line


class Processes:
    """The shells that run, so that none of them outlives this program."""

    def __init__(self):
        self._running = set()
        self._is_stopped = False

    def start(self, script, folder, output):
        if self._is_stopped:
            raise Failed("interrupted")
        shell = subprocess.Popen(
            ["bash", "-c", script], cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True, env={**os.environ, "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
        self._running.add(shell)
        if self._is_stopped:  # since the question above
            self.stop()
        return shell

    def end(self, shell):
        """Ends a shell and all programs that it has started, and waits until they have ended."""
        deadline = time.monotonic() + 1
        _send(signal.SIGTERM, shell.pid)
        while any(_processes_of(shell.pid)):
            if time.monotonic() > deadline:
                _send(signal.SIGKILL, shell.pid)
            time.sleep(0.02)
        shell.wait()
        self._running.discard(shell)

    def stop(self):
        """Ends all shells at once and lets no other one start."""
        self._is_stopped = True
        for shell in list(self._running):
            _send(signal.SIGKILL, shell.pid)


def _send(number, session):
    for process in _processes_of(session):
        try:
            os.kill(process, number)
        except ProcessLookupError:
            pass


def _processes_of(session):
    """The processes of a session. Process groups are not enough: `timeout` makes one of its own."""
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, its_session = file.read_text(errors="replace").rpartition(")")[2].split()[:4]
        except OSError:
            continue  # it has ended
        if int(its_session) == session and state != "Z":
            yield int(file.parent.name)


class Ports:
    """Ports that no other page gets. They are below those that the system gives to clients."""

    def __init__(self):
        first_of_clients = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
        # Two runs at the same time begin at different ports.
        first = 11000 + os.getpid() * 97 % 10000
        self._candidates = iter([*range(first, first_of_clients), *range(11000, first)])

    def next_free(self):
        for port in self._candidates:
            with socket.socket() as attempt:
                try:
                    attempt.bind(("127.0.0.1", port))
                    return port
                except OSError:
                    pass
        raise Failed("no port is free")


def is_listening(port):
    """Asks the kernel, because a connection would be the server's first client."""
    tables = [Path(f"/proc/net/{name}") for name in ("tcp", "tcp6")]
    rows = [line.split() for table in tables if table.exists() for line in table.read_text().splitlines()[1:]]
    return any(row[1].endswith(f":{port:04X}") and row[3] == "0A" for row in rows)


class Names:
    """Replaces the names that a page shows by those of this run, and back."""

    def __init__(self, repository, folder, programs, ports):
        self._repository = repository
        self._programs = programs
        self._folder = folder
        self._ports = ports
        self.ports = {}  # from the port on the page to ours

    def commands(self, text):
        """The commands of a fence as this run needs them."""
        text = PAGE_PORT.sub(lambda match: str(self._port(match[0])), text)
        text = RUN.sub(lambda match: self._program(match[1]), text)
        return text.replace("./lesson", shlex.quote(str(self._repository.root / "lesson")))

    def _port(self, shown):
        if shown not in self.ports:
            self.ports[shown] = self._ports.next_free()
        return self.ports[shown]

    def _program(self, word):
        name = self._repository.program(word) or word
        if not (self._programs / name).exists():
            raise Failed(f"there is no program {name} in {self._programs}; build it, or correct its name")
        return f"build/bin/{name}"

    def printed(self, text):
        """The lines of the output as the page shows them."""
        for shown, port in self.ports.items():
            text = re.sub(rf"\b{port}\b", shown, text)
        for path, shown in (self._programs, "build/bin/"), (self._folder, ""), (self._repository.root, ""):
            text = text.replace(f"{path}/", shown)
        return [line for line in text.splitlines() if not FROM_BASH.fullmatch(line)]


class PageRun:
    """Runs the terminal fences of one page, in their order."""

    def __init__(self, processes, names, folder):
        self._processes = processes
        self._names = names
        self._folder = folder
        self._first = None  # the fence and the shell of the first terminal
        self.printed = {}  # from the line of a fence to the lines that it printed

    def run(self, page):
        try:
            for fence in filter(quotes.is_terminal, page.fences):
                try:
                    self._run_fence(fence)
                except Failed as failure:
                    raise Failed(str(failure), failure.line or fence.line) from None
            self._end_first_terminal()
        finally:
            if self._first is not None:
                self._processes.end(self._first[1])

    def _run_fence(self, fence):
        if fence.title == "first terminal":
            self._end_first_terminal()
        script = self._names.commands("\n".join(fence.lines))
        with open(self._output_of(fence), "wb") as output:
            shell = self._processes.start(script + "\nwait\n", self._folder, output)
        if fence.title == "first terminal":
            self._first = fence, shell
            self._wait_until_listening(fence, shell, script)
        else:
            self._wait_for_end(fence, shell)

    def _wait_until_listening(self, fence, shell, script):
        ports = [port for port in self._names.ports.values() if re.search(rf"\b{port}\b", script)]
        deadline = time.monotonic() + LIMIT
        while not all(map(is_listening, ports)):
            if shell.poll() is not None:
                raise Failed(f"these programs ended at once; they printed: {self._last_line(fence)}")
            if time.monotonic() > deadline:
                raise Failed(f"these programs do not listen after {LIMIT} s; they printed: {self._last_line(fence)}")
            time.sleep(0.02)

    def _wait_for_end(self, fence, shell):
        try:
            shell.wait(LIMIT)
        except subprocess.TimeoutExpired:
            raise Failed(f"did not end in {LIMIT} s; the last line was: {self._last_line(fence)}") from None
        finally:
            self._processes.end(shell)
        self._keep_output(fence)

    def _end_first_terminal(self):
        if self._first is not None:
            fence, shell = self._first
            self._first = None
            self._processes.end(shell)
            self._keep_output(fence)

    def _keep_output(self, fence):
        text = self._output_of(fence).read_text(encoding="utf-8", errors="replace")
        if NO_COMMAND.search(text):
            raise Failed(f"a command does not exist: {NO_COMMAND.search(text)[1]}", fence.line)
        self.printed[fence.line] = self._names.printed(text)

    def _output_of(self, fence):
        return self._folder / "build" / f"output-{fence.line}"

    def _last_line(self, fence):
        self._keep_output(fence)
        return (self.printed[fence.line] or ["nothing"])[-1]


def make_folder(folder, repository, programs):
    """A folder in which the paths of the repository lead to its files, with an empty build/ except for the programs."""
    for entry in repository.root.iterdir():
        if entry.name != "build" and not entry.name.startswith("."):
            (folder / entry.name).symlink_to(entry)
    (folder / "build").mkdir()
    (folder / "build" / "bin").symlink_to(programs)


def transcripts_of(page):
    """Pairs of a transcript and the terminal fence that prints it."""
    return [(fence, source) for fence, source in quotes.with_terminals(page) if fence.language == "text" and source]


def check_page(repository, page, programs, ports, processes, write):
    """The mistakes on a page: its transcripts that differ from a run. With `write`, puts the new output there."""
    folder = Path(tempfile.mkdtemp(prefix="transcripts-")).resolve()
    try:
        make_folder(folder, repository, programs)
        run = PageRun(processes, Names(repository, folder, programs, ports), folder)
        run.run(page)
    except Failed as failure:
        return [f"{page.name}:{failure.line}: {failure}"]
    finally:
        shutil.rmtree(folder)
    if write:
        write_page(repository.root / page.name, page, run.printed)
        return []
    return mistakes(page, run.printed, wording.poem_lengths(repository, page))


def mistakes(page, printed, lengths):
    found = []
    for transcript, source in transcripts_of(page):
        text = shape.mistake(transcript.lines, printed[source.line], lengths)
        if text:
            found.append(
                f"{page.name}:{transcript.line}: {text}; `tools/pages/transcripts.py --write {page.name}` "
                "writes what the programs print now"
            )
    return found


def write_page(path, page, printed):
    path.write_text(with_output(path.read_text(encoding="utf-8"), page, printed), encoding="utf-8")


def with_output(text, page, printed):
    """The text of the page with the new output in its transcripts."""
    lines = text.split("\n")
    for transcript, source in reversed(transcripts_of(page)):
        new = shape.rewritten(transcript.lines, printed[source.line])
        begin = transcript.line  # the first line after ```text, counted from 0
        lines[begin : begin + len(transcript.lines)] = [(" " * transcript.indent + line).rstrip() for line in new]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="put the new output into the pages")
    parser.add_argument("--bin", type=Path, default=Path("build/bin"), help="where the programs are (build/bin)")
    parser.add_argument("pages", nargs="*", metavar="PAGE", help="a page, as a path from the root of the repository")
    options = parser.parse_args()

    repository = Repository(Path(__file__).resolve().parents[2])
    unknown = set(options.pages) - {page.name for page in repository.pages}
    if unknown:
        parser.error(f"there is no page {', '.join(sorted(unknown))}")
    pages = [page for page in repository.pages if not options.pages or page.name in options.pages]
    pages = [page for page in pages if any(map(quotes.is_terminal, page.fences))]

    processes = Processes()

    def stop(number, _):
        processes.stop()
        sys.exit(128 + number)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    programs, ports = (repository.root / options.bin).resolve(), Ports()
    with concurrent.futures.ThreadPoolExecutor(max(1, len(pages))) as executor:
        runs = [
            executor.submit(check_page, repository, page, programs, ports, processes, options.write) for page in pages
        ]
        found = [text for run in runs for text in run.result()]
    for text in found:
        print(text)
    print(f"{len(pages)} pages with transcripts, {len(found)} mistakes")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

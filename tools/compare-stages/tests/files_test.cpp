// The folder for poems, the page and the test report. The tests in browser/ show what the page does in a browser.

#include "files.hpp"

#include "html.hpp"
#include "junit.hpp"
#include "samples.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <regex>
#include <string>

namespace poetry {
namespace {

TEST(PoemFolder, HasTheSamePathInEveryDirectory) {
  ::setenv("TMPDIR", ".", 1);
  const PoemFolder folder;
  ::unsetenv("TMPDIR");
  EXPECT_TRUE(folder.path().is_absolute()) << folder.path();
}

TEST(Page, HoldsTheJsonSoThatNoTextInItEndsItsScript) {
  const std::string page = makePage(R"({"line": "</script><!--<script>"})");
  const std::string begin = "<script type=\"application/json\" id=\"comparison\">";
  EXPECT_NE(page.find(begin + R"({"line": "\u003c/script>\u003c!--\u003cscript>"}</script>)"),
            std::string::npos);
}

TEST(Page, NeedsNoOtherFileAndNoNetwork) {
  const std::string page = makePage("{}");
  static const std::regex reference(
      "(src|href)=\"([^\"]*)\"|url\\(|@import|fetch\\(|https?://[^\"']*");
  for (std::sregex_iterator match(page.begin(), page.end(), reference), end; match != end;
       ++match) {
    const std::string found = match->str();
    EXPECT_TRUE(found == "href=\"data:,\"" || found == "http://www.w3.org/2000/svg") << found;
  }
}

TEST(Page, HasAnAddressThatABrowserUnderstands) {
  ::unsetenv("WSL_DISTRO_NAME");
  EXPECT_EQ(fileUrl("/tmp/a-page_1.~x.html"), "file:///tmp/a-page_1.~x.html");
  EXPECT_EQ(fileUrl("/my poems/50%#?\xc3\xa9.html"), "file:///my%20poems/50%25%23%3F%C3%A9.html");
}

TEST(Page, HasAnAddressForABrowserOfWindowsUnderWsl) {
  ::setenv("WSL_DISTRO_NAME", "Debian", 1);
  EXPECT_EQ(fileUrl("/tmp/my page.html"), "file://wsl.localhost/Debian/tmp/my%20page.html");
  EXPECT_EQ(fileUrl("/mnt/c/Users/a page.html"), "file:///c:/Users/a%20page.html");
  EXPECT_EQ(fileUrl("/mnt/data/page.html"), "file://wsl.localhost/Debian/mnt/data/page.html");
  ::unsetenv("WSL_DISTRO_NAME");
}

void expectParts(const std::string& xml, const std::vector<std::string>& parts) {
  for (const std::string& part : parts) {
    EXPECT_NE(xml.find(part), std::string::npos) << part << "\nin\n" << xml;
  }
}

TEST(Junit, CountsAndEscapesFailures) {
  expectParts(toJunit(testing::comparisonOf(3)),
              {"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
               "<testsuites name=\"compare-stages\" tests=\"13\" failures=\"3\">\n",
               "<testsuite name=\"failed\" tests=\"3\" failures=\"1\" skipped=\"2\"",
               "<testsuite name=\"interleaved\" tests=\"2\" failures=\"0\" skipped=\"1\"",
               "&lt;b&gt;&quot;strange&quot; &amp; 'odd'&lt;/b&gt; \\x01",
               "<skipped message=\"it saved no poem to compare\"/>",
               "<skipped message=\"only --check shows whether it is asynchronous\"/>",
               "name=\"asynchronous\">\n      <failure message=\"It did not ask. Ask.\"/>"});
}

TEST(Junit, ADifferenceIsAFailureOfItsOwn) {
  Comparison comparison = testing::comparisonOf(1);
  comparison.verdicts.clear();
  comparison.clients.resize(1);
  comparison.clients[0].run.saved = {{.same = false, .difference = "it ends after 7 bytes"}};
  expectParts(toJunit(comparison), {"name=\"delivered the same bytes\">\n"
                                    "      <failure message=\"Task 1: it ends after 7 bytes\"/>"});
}

}  // namespace
}  // namespace poetry

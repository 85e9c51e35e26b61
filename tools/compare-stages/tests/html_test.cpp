// The page as a file. What it does in a browser, browser/page.test.mjs tells.

#include "html.hpp"

#include "cli/tests/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <system_error>

namespace poetry {
namespace {

using nlohmann::json;

std::string pageOf(const json& comparison) {
  const testing::TemporaryDirectory directory;
  const std::filesystem::path file = directory.path() / "page.html";
  saveHtml(file, comparison);
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// What is between the tags of the script that holds the comparison.
std::string dataIn(const std::string& page) {
  const std::string begin = "<script type=\"application/json\" id=\"comparison\">";
  const std::size_t from = page.find(begin) + begin.size();
  return page.substr(from, page.find("</script>", from) - from);
}

TEST(Page, HoldsTheComparisonAsItIs) {
  const json comparison = {
      {"schema", 1}, {"stages", json::array()}, {"text", "<b> & \u2028 \"é\""}};
  EXPECT_EQ(json::parse(dataIn(pageOf(comparison))), comparison);
}

TEST(Page, HoldsNoTextThatEndsTheScriptItIsIn) {
  for (const std::string harm :
       {"</script><script>alert(1)</script>", "</SCRIPT >", "<!--<script>"}) {
    const json comparison = {{"lines", {harm}}, {harm, "a name"}};
    const std::string data = dataIn(pageOf(comparison));
    EXPECT_EQ(data.find('<'), std::string::npos) << data;
    EXPECT_EQ(json::parse(data), comparison);
  }
}

TEST(Page, TakesBytesThatAreNoText) {
  const json data = json::parse(dataIn(pageOf({{"line",
                                                "a\xff"
                                                "b"}})));
  EXPECT_EQ(data["line"],
            "a\xef\xbf\xbd"
            "b");
}

TEST(Page, NeedsNoOtherFileAndNoNetwork) {
  const std::string page = pageOf({{"schema", 1}});
  static const std::regex reference(
      "(src|href)=\"([^\"]*)\"|url\\(|@import|fetch\\(|https?://[^\"']*");
  for (std::sregex_iterator match(page.begin(), page.end(), reference), end; match != end;
       ++match) {
    const std::string found = match->str();
    EXPECT_TRUE(found == "href=\"data:,\"" || found == "http://www.w3.org/2000/svg") << found;
  }
}

TEST(Page, ThatCannotBeWrittenIsToldAndLeavesNothingBehind) {
  const testing::TemporaryDirectory directory;
  const std::filesystem::path file = directory.path() / "nowhere" / "page.html";
  EXPECT_THROW(saveHtml(file, json::object()), std::system_error);
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

TEST(Page, HasAnAddressThatABrowserUnderstands) {
  EXPECT_EQ(fileUrl("/tmp/a-page_1.~x.html"), "file:///tmp/a-page_1.~x.html");
  EXPECT_EQ(fileUrl("/my poems/50%#?\xc3\xa9.html"), "file:///my%20poems/50%25%23%3F%C3%A9.html");
}

}  // namespace
}  // namespace poetry

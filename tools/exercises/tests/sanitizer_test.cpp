// A sanitizer's report becomes one sentence that names a line of the student.
#include "exercises/support/sanitizer.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace poetry::testing {
namespace {

TEST(Sanitizer, NamesTheFirstLineOfTheStudent) {
  EXPECT_EQ(
      sentenceOfSanitizer("==9==ERROR: AddressSanitizer: heap-use-after-free on address 0x60\n"
                          "    #0 0x4f in std::string::append /usr/include/string.h:29\n"
                          "    #1 0x50 in run /my/get_poetry.cpp:88\n"
                          "    #2 0x51 in main /my/get_poetry.cpp:99\n",
                          "/my", "The client"),
      "heap-use-after-free at get_poetry.cpp:88.");
}

TEST(Sanitizer, NamesNoCallOfTheLoopIfThereIsAnotherLine) {
  const std::string loop =
      "==9==ERROR: AddressSanitizer: heap-use-after-free on address 0x60\n"
      "    #0 0x4f in poetry::TcpClient::doRead() /common/tcp.cpp:29\n"
      "    #1 0x50 in poetry::Reactor::run(bool) /common/reactor.cpp:31\n"
      "    #2 0x51 in main /my/get_poetry.cpp:99\n\n";
  EXPECT_EQ(sentenceOfSanitizer(loop + "freed by thread T0 here:\n"
                                       "    #0 0x52 in getPoem /my/get_poetry.cpp:40\n",
                                "/my", "The client"),
            "heap-use-after-free at get_poetry.cpp:40.");
  EXPECT_EQ(sentenceOfSanitizer(loop, "/my", "The client"),
            "heap-use-after-free at get_poetry.cpp:99.");
}

TEST(Sanitizer, FindsTheLineOfAnAddressInTheProgram) {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  const std::string frame = "    #0 0x4f in run (" + self + "+0x1)\n";
  const std::string report = withLines("error\n" + frame + frame + "end\n", self);
  EXPECT_EQ(report, "error\n    #0 0x4f in run ??:0\n    #0 0x4f in run ??:0\nend\n");
  EXPECT_EQ(withLines("no frame\n", self), "no frame\n");
}

TEST(Sanitizer, CallsASegmentationFaultACrash) {
  EXPECT_EQ(sentenceOfSanitizer("==9==ERROR: AddressSanitizer: SEGV on unknown address 0x0\n"
                                "    #0 0x4f in run /my/get_poetry.cpp:7\n",
                                "/my", "The server"),
            "The server crashed at get_poetry.cpp:7: an address without memory.");
}

TEST(Sanitizer, QuotesUndefinedBehaviour) {
  EXPECT_EQ(sentenceOfSanitizer("/my/get_poetry.cpp:34:5: runtime error: division by zero\n", "/my",
                                "The client"),
            "Undefined behaviour at get_poetry.cpp:34: division by zero");
}

TEST(Sanitizer, LeavesOutTheTypeThatDependsOnTheCompiler) {
  const std::string errors =
      "/my/get_poetry.cpp:34:5: runtime error: index 16 out of bounds for type 'long int [16]'\n";
  EXPECT_EQ(sentenceOfSanitizer(errors, "/my", "The client"),
            "Undefined behaviour at get_poetry.cpp:34: index 16 out of bounds");
}

TEST(Sanitizer, NamesThePlaceOfALeak) {
  EXPECT_EQ(sentenceOfSanitizer("==9==ERROR: LeakSanitizer: detected memory leaks\n"
                                "    #1 0x50 in run /my/get_poetry.cpp:12\n",
                                "/my", "The client"),
            "Memory was never freed. It was allocated at get_poetry.cpp:12.");
}

TEST(Sanitizer, NamesNoLineIfNoneIsTheStudents) {
  EXPECT_EQ(sentenceOfSanitizer("==9==ERROR: AddressSanitizer: stack-overflow on address\n", "/my",
                                "The client"),
            "stack-overflow.");
}

}  // namespace
}  // namespace poetry::testing

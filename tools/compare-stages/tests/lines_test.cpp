// What a line means, and what it does not.

#include "lines.hpp"

#include <gtest/gtest.h>

#include <string>

namespace poetry {
namespace {

using What = Said::What;

TEST(Lines, EveryLineOfAClientIsUnderstood) {
  EXPECT_EQ(understand("Task 1: get poetry from: localhost:10000").what, What::kAsks);
  const Said got = understand("Task 12: got 30 bytes of poetry from [::1]:10000");
  EXPECT_EQ(got.what, What::kGot);
  EXPECT_EQ(got.task, 12U);
  EXPECT_EQ(got.bytes, 30U);
  const Said all =
      understand("Task 1: got 3003 bytes of poetry from 127.0.0.1:1 in 1:02:03.500000");
  EXPECT_EQ(all.what, What::kGotAll);
  EXPECT_EQ(all.bytes, 3003U);
  EXPECT_EQ(all.elapsed, Seconds(3723.5));
  EXPECT_EQ(understand("Task 3 finished").what, What::kFinished);
  EXPECT_EQ(understand("Task 3: 653 bytes of poetry").what, What::kTotal);
  EXPECT_EQ(understand("Got 3 poems in 0:00:02.500000").elapsed, Seconds(2.5));
  EXPECT_EQ(understand("Got 2 of 3 poems in 0:00:02.500000").what, What::kLast);
  EXPECT_EQ(understand("mine: Task 2: failed to connect to 127.0.0.1:1: Connection refused").what,
            What::kFailed);
  EXPECT_EQ(understand("mine: Task 2: connection to 127.0.0.1:1 lost after 120 bytes: Reset").what,
            What::kLost);
  EXPECT_EQ(understand("reactor: waiting on 3 readers, 0 writers, 1 timers").what, What::kTrace);
}

TEST(Lines, ALineOfAnotherShapeMeansNothing) {
  for (const char* line :
       {"", "Task", "Task 1", "Task one finished", "Task 1 finished ", " Task 1 finished",
        "Task 01 finished", "Task -1 finished", "Task 1: got 30 bytes of poetry from ",
        "Task 1: got  bytes of poetry from 127.0.0.1:1",
        "Task 1: got 3e1 bytes of poetry from 127.0.0.1:1",
        "Task 1: got 99999999999999999999 bytes of poetry from 127.0.0.1:1",
        "Task 1: got 30 bytes of poetry from 127.0.0.1:1 in a hurry",
        "Task 1: got 30 bytes of poetry from 127.0.0.1:1 in 0:00:1.000000", "Got 3 poems",
        "Got 3 poems in 0:00:02", "Got three poems in 0:00:02.500000",
        ": Task 1: failed to connect to 127.0.0.1:1: x"}) {
    EXPECT_EQ(understand(line).what, What::kNothing) << line;
  }
}

TEST(Lines, BytesThatCannotBePrintedAreEscaped) {
  EXPECT_EQ(printable("l\xc3\xa0 \xe2\x82\xac \xf0\x9f\x8e\xad"),
            "l\xc3\xa0 \xe2\x82\xac \xf0\x9f\x8e\xad");
  EXPECT_EQ(printable(std::string("a\0b\x1b[2J\t\r\x7f", 10)), "a\\x00b\\x1b[2J\\t\\r\\x7f");
  EXPECT_EQ(printable("\xff\xc3"), "\\xff\\xc3") << "no UTF-8, and half a character";
  EXPECT_EQ(printable("\xc0\xaf \xed\xa0\x80 \xf4\x90\x80\x80"),
            "\\xc0\\xaf \\xed\\xa0\\x80 \\xf4\\x90\\x80\\x80")
      << "too long, a surrogate, beyond the last character";
  EXPECT_EQ(printable("\xc2\x9b"), "\\xc2\\x9b") << "a control character, too";
  EXPECT_EQ(printable("\xe2\x80\xae \xe2\x81\xa6"), "\\xe2\\x80\\xae \\xe2\\x81\\xa6")
      << "they turn round what stands beside them";
  EXPECT_EQ(printable("\xef\xbf\xbf"), "\\xef\\xbf\\xbf") << "XML forbids it";
}

}  // namespace
}  // namespace poetry

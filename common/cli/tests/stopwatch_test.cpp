#include "cli/stopwatch.hpp"

#include <gtest/gtest.h>

namespace poetry {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

TEST(FormatElapsed, HasHoursMinutesSecondsAndSixDigits) {
  EXPECT_EQ(formatElapsed(nanoseconds(0)), "0:00:00.000000");
  EXPECT_EQ(formatElapsed(seconds(10) + microseconds(126361)), "0:00:10.126361");
  EXPECT_EQ(formatElapsed(microseconds(1)), "0:00:00.000001");
}

TEST(FormatElapsed, CarriesIntoMinutesAndHours) {
  EXPECT_EQ(formatElapsed(seconds(59) + microseconds(999999)), "0:00:59.999999");
  EXPECT_EQ(formatElapsed(seconds(60)), "0:01:00.000000");
  EXPECT_EQ(formatElapsed(minutes(59) + seconds(59)), "0:59:59.000000");
  EXPECT_EQ(formatElapsed(hours(1) + minutes(2) + seconds(3)), "1:02:03.000000");
}

TEST(FormatElapsed, CountsHoursBeyondADay) {
  EXPECT_EQ(formatElapsed(hours(100)), "100:00:00.000000");
}

TEST(FormatElapsed, CutsOffWhatIsShorterThanAMicrosecond) {
  EXPECT_EQ(formatElapsed(nanoseconds(1999)), "0:00:00.000001");
}

TEST(Stopwatch, NeverRunsBackwards) {
  const Stopwatch stopwatch;
  const nanoseconds first = stopwatch.elapsed();
  EXPECT_GE(first.count(), 0);
  EXPECT_GE(stopwatch.elapsed(), first);
}

}  // namespace
}  // namespace poetry

// How a difference of two texts is shown.
#include "exercises/support/difference.hpp"

#include <gtest/gtest.h>

#include <string>

namespace poetry::testing {
namespace {

TEST(Difference, ShowsBothTextsFromTheSamePlaceOn) {
  const std::string before(100, 'a');
  const Difference difference = differenceOf(before + "left", before + "right");
  EXPECT_EQ(difference.at, 100U);
  EXPECT_EQ(difference.expected, R"(..."aaaaaaaaaaaaaaaaleft" (104 bytes in all))");
  EXPECT_EQ(difference.got, R"(..."aaaaaaaaaaaaaaaaright" (105 bytes in all))");
}

TEST(Difference, ShowsThatOneTextIsTheBeginningOfTheOther) {
  const Difference difference = differenceOf("ten more", "ten");
  EXPECT_EQ(difference.at, 3U);
  EXPECT_EQ(difference.expected, R"("ten more" (8 bytes in all))");
  EXPECT_EQ(difference.got, R"("ten" (3 bytes in all))");
}

TEST(Difference, CutsALongText) {
  const Difference difference = differenceOf(std::string(500, 'x'), "");
  EXPECT_EQ(difference.expected, '"' + std::string(40, 'x') + "\"... (500 bytes in all)");
  EXPECT_EQ(difference.got, "\"\" (0 bytes in all)");
}

}  // namespace
}  // namespace poetry::testing

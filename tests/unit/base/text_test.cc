#include "common/base/text.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace evensweep {
namespace {

TEST(Shortest, IsShortAndPlain) {
  EXPECT_EQ(shortest(2), "2");
  EXPECT_EQ(shortest(0.1), "0.1");
  EXPECT_EQ(shortest(-0.0), "-0");
  EXPECT_EQ(shortest(1e-5), "1e-05");
  EXPECT_EQ(shortest(1e300), "1e+300");
  EXPECT_EQ(shortest(std::nan("")), "nan");
  EXPECT_EQ(shortest(-std::nan("")), "nan");
  EXPECT_EQ(shortest(std::numeric_limits<double>::infinity()), "inf");
  EXPECT_EQ(shortest(-std::numeric_limits<double>::infinity()), "-inf");
}

TEST(Shortest, ReadsBackAsTheSameNumber) {
  for (const double value : {std::numeric_limits<double>::max(), std::numeric_limits<double>::lowest(),
                             std::numeric_limits<double>::min(), std::numeric_limits<double>::denorm_min(), 1.0 / 3})
    EXPECT_EQ(std::stod("0") + std::strtod(shortest(value).c_str(), nullptr), value);
  EXPECT_TRUE(rc::check([](double value) { RC_ASSERT(std::strtod(shortest(value).c_str(), nullptr) == value); }));
}

TEST(NearestName, FindsWhatWasMeant) {
  const std::vector<std::string> known{"epochs", "batch_size", "optimizer", "schedule"};
  EXPECT_EQ(nearest_name("epoch", known), "epochs");
  EXPECT_EQ(nearest_name("eopchs", known), "epochs");
  EXPECT_EQ(nearest_name("batchsize", known), "batch_size");
  EXPECT_EQ(nearest_name("optimiser", known), "optimizer");
  EXPECT_EQ(nearest_name("optimizer", known), "optimizer");
}

TEST(NearestName, IsSilentWhereNothingIsNear) {
  const std::vector<std::string> known{"lr", "epochs"};
  EXPECT_EQ(nearest_name("weight_decay", known), std::nullopt);
  EXPECT_EQ(nearest_name("", known), std::nullopt);
  EXPECT_EQ(nearest_name("lr", {}), std::nullopt);
}

TEST(NearestName, TheFirstOfTwoEquallyNearIsTaken) {
  const std::vector<std::string> known{"bat", "cat"};
  EXPECT_EQ(nearest_name("hat", known), "bat");
}

TEST(InQuotes, IsOneLineOfText) {
  EXPECT_EQ(in_quotes(""), "\"\"");
  EXPECT_EQ(in_quotes("caf\xc3\xa9"), "\"caf\xc3\xa9\"");
  EXPECT_EQ(in_quotes("a\nb\t\x7f"), "\"a\\x0ab\\x09\\x7f\"");
  EXPECT_EQ(in_quotes(std::string("\0", 1)), "\"\\x00\"");
  EXPECT_EQ(in_quotes("\xff\xc3"), "\"\\xff\\xc3\"");
}

TEST(InQuotes, LongTextIsCutBetweenCharacters) {
  EXPECT_EQ(in_quotes(std::string(60, 'x')), '"' + std::string(60, 'x') + '"');
  EXPECT_EQ(in_quotes(std::string(61, 'x')), '"' + std::string(60, 'x') + "...\"");
  std::string accents;
  for (int i = 0; i < 100; ++i) accents += "\xc3\xa9";
  EXPECT_EQ(in_quotes(accents), '"' + accents.substr(0, 120) + "...\"");
}

TEST(InQuotes, IsAlwaysValidTextWithoutLineBreaks) {
  EXPECT_TRUE(rc::check([](const std::string& bytes) {
    const std::string text = in_quotes(bytes);
    RC_ASSERT(valid_utf8(text));
    RC_ASSERT(text.find('\n') == std::string::npos);
    RC_ASSERT(text.size() <= 60 * 4 + 5);
  }));
}

// The table of well-formed sequences in RFC 3629, section 4, at its borders.
TEST(ValidUtf8, FollowsRfc3629) {
  for (const char* text : {"", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                           "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(valid_utf8(text)) << in_quotes(text);
  for (const char* text : {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x9f\xbf", "\xed\xa0\x80",
                           "\xef\xbf", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "a\x80"})
    EXPECT_FALSE(valid_utf8(text)) << in_quotes(text);
  EXPECT_TRUE(valid_utf8(std::string_view("\0a", 2)));
}

}  // namespace
}  // namespace evensweep

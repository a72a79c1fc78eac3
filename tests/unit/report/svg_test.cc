#include "sweeps/report/svg.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>

#include "tests/unit/report/markup_check.h"

namespace evensweep {
namespace {

TEST(Svg, TicksAreRoundNumbersWithinTheAxis) {
  EXPECT_EQ(nice_ticks(0, 1, 5), (std::vector<double>{0, 0.2, 0.4, 0.6000000000000001, 0.8, 1}));
  EXPECT_EQ(tick_labels(nice_ticks(0, 1, 5)), (std::vector<std::string>{"0.0", "0.2", "0.4", "0.6", "0.8", "1.0"}));
  EXPECT_EQ(tick_labels(nice_ticks(-12, 31, 5)), (std::vector<std::string>{"-10", "0", "10", "20", "30"}));
}

TEST(Svg, AnAxisWithoutWidthHasNoTicks) {
  EXPECT_TRUE(nice_ticks(1, 1, 5).empty());
  EXPECT_TRUE(nice_ticks(2, 1, 5).empty());
  EXPECT_TRUE(nice_ticks(0, NAN, 5).empty());
  EXPECT_TRUE(nice_ticks(0, INFINITY, 5).empty());
  EXPECT_TRUE(nice_ticks(0, 1, 0).empty());
}

TEST(Svg, TicksRiseStayInsideAndAreFew) {
  EXPECT_TRUE(rc::check("for any axis", [] {
    const double low = *rc::gen::inRange(-100000, 100000) / 37.0;
    const double width = *rc::gen::inRange(1, 1000000) / 1009.0;
    const int count = *rc::gen::inRange(1, 12);
    const std::vector<double> ticks = nice_ticks(low, low + width, count);
    RC_ASSERT(ticks.size() <= 3 * static_cast<size_t>(count) + 1);
    for (size_t i = 0; i < ticks.size(); ++i) {
      RC_ASSERT(ticks[i] >= low - width * 1e-6 && ticks[i] <= low + width * (1 + 1e-6));
      if (i > 0) RC_ASSERT(ticks[i] > ticks[i - 1]);
    }
    const std::vector<std::string> labels = tick_labels(ticks);
    for (size_t i = 1; i < labels.size(); ++i) RC_ASSERT(labels[i] != labels[i - 1]);
  }));
}

TEST(Svg, ScaleMapsEndsAndSurvivesNoWidth) {
  const Scale scale{.low = -1, .high = 3, .from = 100, .to = 0};
  EXPECT_DOUBLE_EQ(scale(-1), 100);
  EXPECT_DOUBLE_EQ(scale(3), 0);
  EXPECT_DOUBLE_EQ(scale(1), 50);
  EXPECT_DOUBLE_EQ((Scale{.low = 2, .high = 2, .from = 0, .to = 10})(2), 5);
}

TEST(Svg, CoordinatesAreShortAndFinite) {
  EXPECT_EQ(coordinate(12.04), "12");
  EXPECT_EQ(coordinate(12.06), "12.1");
  EXPECT_EQ(coordinate(-0.01), "0");
  EXPECT_EQ(coordinate(NAN), "0");
  EXPECT_EQ(coordinate(1e300), "1000000");
}

TEST(Svg, IsWellFormedWhateverTheTextsAre) {
  Svg svg(100, 50, "a-1", "<title> & \"x\"", "]]> \x01");
  svg.line(0, 0, 1, 1, "g");
  svg.rect(0, 0, -5, 2, "base");
  svg.text(1, 2, "<tspan>", "t");
  svg.rising_text(1, 2, "a&b", "t");
  svg.open_group("g-1");
  svg.circle(1, 1, 1, "dot");
  svg.close_group();
  svg.reuse_group("g-1");
  const Markup markup = MarkupReader(svg.str()).read();
  EXPECT_EQ(markup.error, "");
  EXPECT_EQ(std::count(markup.elements.begin(), markup.elements.end(), "tspan"), 0);
  EXPECT_NE(
      svg.str().find(
          R"(<svg id="fig-a-1" viewBox="0 0 100 50" role="img" aria-label="&lt;title&gt; &amp; &quot;x&quot;. ]]&gt;  ")"),
      std::string::npos);
  EXPECT_NE(svg.str().find(R"(width="0")"), std::string::npos) << "a negative width is none";
}

}  // namespace
}  // namespace evensweep

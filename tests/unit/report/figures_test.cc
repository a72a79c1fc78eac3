#include "sweeps/report/figures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/report/markup_check.h"
#include "tests/unit/report/report_fixture.h"

namespace evensweep {
namespace {

using ::testing::HasSubstr;

int64_t occurrences(const std::string& text, const std::string& part) {
  int64_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// The values of x, cx and M..L.. of every mark of a class are within the drawing.
void expect_within(const std::string& svg, const std::string& attribute, double low, double high) {
  for (size_t at = svg.find(attribute); at != std::string::npos; at = svg.find(attribute, at + 1)) {
    const double value = std::stod(svg.substr(at + attribute.size()));
    EXPECT_GE(value, low) << attribute;
    EXPECT_LE(value, high) << attribute;
  }
}

TEST(ForestFigure, HasADotForEachBlockAndADiamondForEachArmButIdentities) {
  const Json json = json_of(SyntheticOptions{});
  const std::string svg = forest_figure(ResultsIndex(json));
  EXPECT_EQ(occurrences(svg, "class=\"dot\""), 5 * 8);
  EXPECT_EQ(occurrences(svg, "class=\"mean\""), 5);
  EXPECT_EQ(occurrences(svg, "identity: same as baseline"), 1);
  EXPECT_EQ(MarkupReader(svg).read().error, "");
  expect_within(svg, "cx=\"", 0, 640);
}

TEST(ForestFigure, CutsIntervalsThatWouldFlattenTheDots) {
  SweepResults results = synthetic_results(with_size(4, 2, 3));
  results.sweep.analysis.correction = "holm";  // t with one degree of freedom: intervals of 12.7 standard errors
  const Json json = json_of(results);
  const std::string svg = forest_figure(ResultsIndex(json));
  EXPECT_EQ(occurrences(svg, "class=\"dot\""), 3 * 2);
  double leftmost = 640, rightmost = 0;
  for (size_t at = svg.find("cx=\""); at != std::string::npos; at = svg.find("cx=\"", at + 1)) {
    leftmost = std::min(leftmost, std::stod(svg.substr(at + 4)));
    rightmost = std::max(rightmost, std::stod(svg.substr(at + 4)));
  }
  EXPECT_GT(rightmost - leftmost, 0.15 * 640);
}

TEST(ForestFigure, WithoutBlocksItStillListsTheArms) {
  Json json = json_of(with_size(3, 2, 2));
  for (Json& arm : json["arms"]) {
    arm["blocks"] = Json::array();
    for (const char* name : {"d_unbiased", "d_simultaneous", "p_adjusted"}) arm[name] = Json();
  }
  const std::string svg = forest_figure(ResultsIndex(json));
  EXPECT_EQ(occurrences(svg, "no complete block"), 2);
  EXPECT_EQ(occurrences(svg, "class=\"dot\""), 0);
}

TEST(ClassesFigure, SortsTheWorstBaselineClassFirst) {
  const Json json = json_of(SyntheticOptions{});
  const ResultsIndex index(json);
  const std::string svg = classes_figure(index, index.arms()[1], 1);
  std::vector<std::pair<size_t, double>> placed;
  for (const Json& item : json["arms"][1]["classes"]) {
    const size_t at = svg.find(">" + item["name"].get<std::string>() + "</text>");
    ASSERT_NE(at, std::string::npos);
    placed.emplace_back(at, item["baseline"]["mean"].get<double>());
  }
  std::sort(placed.begin(), placed.end());
  EXPECT_TRUE(
      std::is_sorted(placed.begin(), placed.end(), [](const auto& a, const auto& b) { return a.second < b.second; }));
}

TEST(ClassesFigure, LosersHaveTheSecondColour) {
  const Json json = json_of(SyntheticOptions{});
  const ResultsIndex index(json);
  for (size_t i = 0; i < 5; ++i) {
    int64_t losers = 0;
    for (const Json& item : json["arms"][i]["classes"]) losers += item["change"]["mean"].get<double>() < 0 ? 1 : 0;
    const std::string svg = classes_figure(index, index.arms()[i], i);
    EXPECT_EQ(occurrences(svg, "class=\"loss\""), losers);
    EXPECT_EQ(occurrences(svg, "class=\"gain\""), 10 - losers);
    EXPECT_EQ(occurrences(svg, "class=\"base\""), 10);
  }
}

TEST(Confusion, MeansAreThoseOfTheRows) {
  Json json = json_of(with_size(2, 2, 1));
  std::vector<Json*> baselines;
  for (Json& run : json["runs"])
    if (run["arms"][0] == "baseline") baselines.push_back(&run);
  ASSERT_EQ(baselines.size(), 2u);
  (*baselines[0])["test"] = {{9, 1}, {0, 0}};  // a row without examples does not count
  (*baselines[1])["test"] = {{1, 1}, {1, 3}};
  const ResultsIndex index(json);
  const MeanConfusion mean = index.mean_confusion(index.compared_runs("baseline"));
  ASSERT_EQ(mean.rates.size(), 4u);
  EXPECT_DOUBLE_EQ(*mean.rates[0], 0.7);
  EXPECT_DOUBLE_EQ(*mean.rates[1], 0.3);
  EXPECT_DOUBLE_EQ(*mean.rates[2], 0.25);
  EXPECT_DOUBLE_EQ(*mean.rates[3], 0.75);
}

TEST(Confusion, ArmsReuseTheBaselineDrawing) {
  const Json json = json_of(SyntheticOptions{});
  const ResultsIndex index(json);
  EXPECT_THAT(baseline_confusion_figure(index), HasSubstr("<g id=\"cells-baseline\">"));
  const std::string figures = arm_confusion_figures(index, index.arms()[0], 0);
  EXPECT_EQ(occurrences(figures, "<svg"), 3);
  EXPECT_EQ(occurrences(figures, "<use href=\"#cells-baseline\"/>"), 1);
  EXPECT_THAT(figures, HasSubstr("less baseline, in pp"));
}

TEST(Curves, OneLineForEachArmAndTheBaseline) {
  const Json json = json_of(SyntheticOptions{});
  const ResultsIndex index(json);
  for (const std::string& svg : {accuracy_curves_figure(index), loss_curves_figure(index)}) {
    EXPECT_EQ(occurrences(svg, "class=\"l "), 7);
    EXPECT_EQ(MarkupReader(svg).read().error, "");
  }
  EXPECT_EQ(occurrences(curves_legend(index), "<li>"), 7);
}

TEST(Curves, LongOnesAreThinnedAndShortOnesDrawn) {
  SyntheticOptions options = with_size(2, 1, 1);
  options.epochs = 5000;
  const Json longer = json_of(options);
  EXPECT_LT(accuracy_curves_figure(ResultsIndex(longer)).size(), 8000u);
  options.epochs = 1;
  const Json one = json_of(options);
  EXPECT_EQ(occurrences(accuracy_curves_figure(ResultsIndex(one)), "<circle"), 2);
  options.epochs = 0;
  const Json none = json_of(options);
  EXPECT_EQ(accuracy_curves_figure(ResultsIndex(none)), "");
}

TEST(Weights, AreMeansOverSeedsThatAddUpToTheClasses) {
  const Json json = json_of(SyntheticOptions{});
  const ResultsIndex index(json);
  const std::vector<double> weights = index.mean_weights(index.finished_runs("tpr_weighting(gamma=2)"));
  ASSERT_EQ(weights.size(), 10u);
  double sum = 0;
  for (double weight : weights) sum += weight;
  EXPECT_NEAR(sum, 10, 1e-9);
  EXPECT_GT(*std::max_element(weights.begin(), weights.end()), 1.01);
}

}  // namespace
}  // namespace evensweep

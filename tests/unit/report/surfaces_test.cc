// The drawings over parameters, and those that show trade-off, seeds and completeness.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sweeps/report/facts.h"
#include "sweeps/report/figures.h"
#include "sweeps/report/tables.h"
#include "tests/unit/report/markup_check.h"
#include "tests/unit/report/report_fixture.h"

namespace evensweep {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

int64_t times(const std::string& text, const std::string& part) {
  int64_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

SyntheticArm arm(const std::string& method, std::map<std::string, double> parameters,
                 std::map<std::string, std::string> options = {}) {
  return {
      .arm = {method, std::move(parameters), std::move(options)}, .pull = 0.2, .accuracy_change = 0, .identity = false};
}

SyntheticOptions grid_options() {
  SyntheticOptions options;
  options.classes = 4;
  options.arms = {arm("a", {{"beta", 0.9}, {"gamma", 2}}),          arm("a", {{"beta", 0.9}, {"gamma", 0.5}}),
                  arm("a", {{"beta", 0.9}, {"gamma", 1}}),          arm("a", {{"beta", 0.99}, {"gamma", 1}}),
                  arm("b", {{"beta", 0.9}}, {{"counts", "tpr"}}),   arm("b", {{"beta", 0.99}}, {{"counts", "tpr"}}),
                  arm("b", {{"beta", 0.9}}, {{"counts", "train"}}), arm("c", {})};
  return options;
}

TEST(Surfaces, AreGridsOfWhatDiffersWithinAMethod) {
  const Json json = json_of(grid_options());
  const std::vector<Surface> surfaces = surfaces_of(ResultsIndex(json));
  ASSERT_EQ(surfaces.size(), 2u) << "one arm alone is no surface";
  EXPECT_EQ(surfaces[0].title, "a");
  EXPECT_EQ(surfaces[0].x, "gamma") << "the parameter with the most values";
  EXPECT_EQ(surfaces[0].y, "beta");
  EXPECT_THAT(surfaces[0].xs, ElementsAre(0.5, 1, 2));
  EXPECT_THAT(surfaces[0].ys, ElementsAre(0.9, 0.99));
  EXPECT_THAT(surfaces[0].cells, ElementsAre(1, 2, 0, std::nullopt, 3, std::nullopt));
  EXPECT_EQ(surfaces[1].title, "b, counts=tpr");
  EXPECT_EQ(surfaces[1].x, "beta");
  EXPECT_EQ(surfaces[1].y, "");
  EXPECT_THAT(surfaces[1].cells, ElementsAre(4, 5));
}

TEST(Surfaces, AThirdParameterMakesFurtherOnes) {
  SyntheticOptions options;
  options.classes = 3;
  for (double k : {1, 2})
    for (double beta : {1, 2, 3})
      for (double gamma : {1, 2, 3}) options.arms.push_back(arm("a", {{"beta", beta}, {"gamma", gamma}, {"k", k}}));
  const Json json = json_of(options);
  const std::vector<Surface> surfaces = surfaces_of(ResultsIndex(json));
  ASSERT_EQ(surfaces.size(), 2u);
  EXPECT_EQ(surfaces[0].title, "a, k=1");
  EXPECT_EQ(surfaces[1].title, "a, k=2");
  EXPECT_THAT(surfaces[1].cells, ElementsAre(9, 12, 15, 10, 13, 16, 11, 14, 17));
}

TEST(Surfaces, NeedAnArmThatWasCompared) {
  SyntheticOptions options;
  options.classes = 4;
  options.arms = {arm("a", {{"gamma", 1}}), arm("a", {{"gamma", 2}}), arm("b", {{"gamma", 1}}),
                  arm("b", {{"gamma", 2}})};
  options.arms[0].identity = options.arms[1].identity = options.arms[2].identity = true;
  const Json json = json_of(options);
  const std::vector<Surface> surfaces = surfaces_of(ResultsIndex(json));
  ASSERT_EQ(surfaces.size(), 1u);
  EXPECT_EQ(surfaces[0].title, "b");
}

TEST(HeatFigure, TellsValueSeedsAndSignificanceAndHatchesWhatIsMissing) {
  Json json = json_of(grid_options());
  json["arms"][0]["p_adjusted"] = 0.01;
  json["arms"][1]["p_adjusted"] = 0.5;
  json["arms"][2]["p_adjusted"] = 0.5;
  json["arms"][3]["p_adjusted"] = 0.5;
  json["arms"][1]["p_increase_adjusted"] = 0.02;
  const ResultsIndex index(json);
  const std::string svg = heat_figure(index, surfaces_of(index)[0], 0);
  EXPECT_EQ(MarkupReader(svg).read().error, "");
  EXPECT_EQ(times(svg, " *</text>"), 1);
  EXPECT_EQ(times(svg, " †</text>"), 1);
  EXPECT_EQ(times(svg, "n = 8"), 4);
  EXPECT_EQ(times(svg, "class=\"g\""), 2) << "two cells that the sweep does not have";
}

TEST(DoseFigure, HasALineAndABandForEachValueOfTheOtherParameter) {
  const Json json = json_of(grid_options());
  const ResultsIndex index(json);
  const std::string svg = dose_figure(index, surfaces_of(index)[0], 0);
  EXPECT_EQ(MarkupReader(svg).read().error, "");
  EXPECT_EQ(times(svg, "<circle"), 4);
  EXPECT_EQ(times(svg, "class=\"band "), 1) << "one dose alone has no band";
  EXPECT_THAT(svg, HasSubstr("beta = 0.99"));
}

TEST(TradeoffFigure, DrawsTheFrontOfWhatNothingSurpasses) {
  Json json = json_of(with_size(3, 3, 2));
  const auto set = [&](size_t arm, double accuracy, double variance) {
    for (Json& trial : json["trials"])
      if (trial["arm"] == json["arms"][arm]["name"]) {
        trial["rebalanced"]["accuracy"] = accuracy;
        trial["rebalanced"]["var_unbiased"] = variance;
        trial["baseline"]["accuracy"] = 0.8;
        trial["baseline"]["var_unbiased"] = 0.002;
      }
  };
  set(0, 0.81, 0.001);  // better than the baseline in both
  set(1, 0.7, 0.003);   // worse in both
  const std::string svg = tradeoff_figure(ResultsIndex(json));
  EXPECT_EQ(MarkupReader(svg).read().error, "");
  EXPECT_EQ(times(svg, "class=\"front\""), 1);
  EXPECT_EQ(times(svg, "class=\"arrow\""), 1);
  EXPECT_EQ(times(svg, "class=\"arrow faded\""), 1);
  EXPECT_EQ(times(svg, "(surpassed)"), 1);
  EXPECT_THAT(svg.substr(svg.find("(surpassed)") - 40, 40), HasSubstr("gamma=0.5"));
}

TEST(SeedsFigure, HasALineForEachSeedInTheColourOfItsDirection) {
  const Json json = json_of(with_size(4, 5, 6));
  const std::string svg = seeds_figure(ResultsIndex(json));
  int64_t better = 0;
  for (const Json& trial : json["trials"])
    if (trial["compared"] == true) better += trial["d_unbiased"].get<double>() > 0 ? 1 : 0;
  EXPECT_EQ(times(svg, "class=\"l gl\""), better);
  EXPECT_EQ(times(svg, "class=\"l ll\""), 30 - better);
  EXPECT_EQ(MarkupReader(svg).read().error, "");
}

TEST(GridFigure, ShowsEveryTrialByItsState) {
  const Json json = json_of(hostile_options());
  const std::string svg = grid_figure(ResultsIndex(json));
  int64_t compared = 0, failed = 0;
  for (const Json& trial : json["trials"]) {
    compared += trial["compared"] == true ? 1 : 0;
    failed += trial["state"] == "failed" ? 1 : 0;
  }
  const auto complete = static_cast<int64_t>(json["completeness"]["complete_blocks"].size());
  EXPECT_EQ(times(svg, "class=\"gain\""), compared + complete + 1) << "the baseline's blocks, and one in the key";
  EXPECT_GT(failed, 0);
  EXPECT_EQ(times(svg, "class=\"l ll\""), failed + 1) << "and one in the key";
  EXPECT_EQ(MarkupReader(svg).read().error, "");
}

TEST(ConfusionChange, LeavesOutWhatMayBeNoChange) {
  Json json = json_of(with_size(2, 4, 1));
  size_t seed = 0;
  for (Json& run : json["runs"]) {
    const bool is_baseline = run["arms"][0] == "baseline";
    // Class 0 gains 20 of 100 at every seed, give or take one; class 1 goes up and down.
    const int gain = is_baseline ? 0 : 20 + static_cast<int>(seed % 2);
    const int noise = is_baseline ? 0 : (seed % 2 == 0 ? 5 : -5);
    run["test"] = {{60 + gain, 40 - gain}, {30 + noise, 70 - noise}};
    ++seed;
  }
  const ResultsIndex index(json);
  const MeanConfusion change = index.confusion_change(json["arms"][0]["name"]);
  ASSERT_EQ(change.rates.size(), 4u);
  ASSERT_TRUE(change.rates[0].has_value());
  EXPECT_NEAR(*change.rates[0], 0.205, 1e-12);
  EXPECT_NEAR(*change.rates[1], -0.205, 1e-12);
  EXPECT_FALSE(change.rates[2].has_value());
  EXPECT_FALSE(change.rates[3].has_value());
}

TEST(Tables, RobustnessLeavesEachSeedOut) {
  const Json json = json_of(with_size(4, 6, 1));
  const ResultsIndex index(json);
  const Table table = robustness_table(index);
  ASSERT_EQ(table.rows.size(), 1u);
  double least = 1, most = -1, sum = 0;
  for (const Json& block : json["arms"][0]["blocks"]) sum += block["d_unbiased"].get<double>();
  for (const Json& block : json["arms"][0]["blocks"]) {
    const double mean = (sum - block["d_unbiased"].get<double>()) / 5;
    least = std::min(least, mean), most = std::max(most, mean);
  }
  EXPECT_NEAR(std::stod(table.rows[0][5]), least * 1e4, 0.06);
  EXPECT_NEAR(std::stod(table.rows[0][5].substr(table.rows[0][5].find(" to ") + 4)), most * 1e4, 0.06);
}

TEST(Tables, DetailsAreShownWhereTheyAre) {
  Json json = json_of(with_size(3, 4, 1));
  for (const char* member : {"effect", "estimands", "sensitivity", "intervals", "bayes", "ratio", "test_set"})
    json["arms"][0].erase(member);
  json.erase("trends");
  for (const auto& table : {effects_table, measures_table, other_tests_table, test_set_table, trends_table})
    EXPECT_TRUE(table(ResultsIndex(json)).rows.empty()) << "results of an earlier version";
  Json& arm = json["arms"][0];
  arm["ratio"] = {{"of_means", 0.74}, {"fieller", {{"low", 0.62}, {"high", 0.89}}}};
  arm["effect"] = {{"dz", 1.5}, {"gz", 1.2}, {"gz_interval", {{"low", 0.3}, {"high", 2.1}}}, {"positive_blocks", 3}};
  arm["estimands"]["accuracy"] = {{"baseline", {{"mean", 0.8}, {"ci_low", 0.7}, {"ci_high", 0.9}}},
                                  {"rebalanced", {{"mean", 0.81}}},
                                  {"change", {{"mean", 0.01}, {"ci_low", -0.01}, {"ci_high", 0.03}}}};
  arm["sensitivity"] = {{"p", {{"wilcoxon_split", 0.03}}}, {"p_holm", 0.04}};
  arm["bayes"]["signed_rank"] = {{"worse", 0.01}, {"rope", 0.09}, {"better", 0.9}};
  const ResultsIndex index(json);
  EXPECT_EQ(effects_table(index).rows[0][1], "-26 [-38, -11]");
  EXPECT_EQ(effects_table(index).rows[0][4], "+1.20 [0.30, 2.10]");
  EXPECT_EQ(effects_table(index).rows[0][6], "0.75");
  EXPECT_EQ(measures_table(index).rows[0],
            (std::vector<std::string>{json["arms"][0]["name"], "accuracy, %", "80.00 [70.00, 90.00]", "81.00",
                                      "+1.00 [-1.00, 3.00]"}));
  EXPECT_EQ(other_tests_table(index).rows[0][1], "0.03");
  EXPECT_EQ(other_tests_table(index).rows[0].back(), "0.01, 0.09, 0.90");
}

TEST(Tables, SelectionShowsWhatShrank) {
  Json json = json_of(with_size(3, 3, 2));
  EXPECT_TRUE(selection_table(ResultsIndex(json)).rows.empty());
  json["design"]["selection"] = {{{"name", "a"},
                                  {"selected", true},
                                  {"fate", "goes on"},
                                  {"seeds", 5},
                                  {"d_selection", 0.002},
                                  {"d_confirmation", 0.0015},
                                  {"shrinkage", 0.0005}},
                                 {{"name", "b"}, {"fate", "not selected"}, {"seeds", 5}, {"d_selection", 0.001}}};
  const Table table = selection_table(ResultsIndex(json));
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_EQ(std::stod(table.rows[0][2]), 20);
  EXPECT_EQ(std::stod(table.rows[0][4]), 5);
  EXPECT_EQ(table.rows[1][3], "n/a");
  EXPECT_THAT(report_html(json), HasSubstr(">Selection</h2>"));
}

TEST(Checklist, TellsHowArmsWereChosen) {
  Json json = json_of(with_size(3, 3, 2));
  const auto answers = [&] {
    const std::vector<Fact> facts = checklist_answers(ResultsIndex(json));
    return facts[0].value + "\n" + facts[2].value;
  };
  EXPECT_THAT(answers(), AllOf(HasSubstr("3 seeds for each of 2 arms and the baseline: "),
                               HasSubstr("was trained at every seed and is reported")));
  json["counts"]["runs"]["failed"] = 1;
  EXPECT_THAT(answers(), Not(HasSubstr("was trained at every seed")));
  json["design"]["plan"]["selection"] = {{"seeds", {100, 101}}, {"keep", 1}};
  json["design"]["selection"] = {{{"name", "a"}, {"selected", true}}, {{"name", "b"}, {"selected", false}}};
  EXPECT_THAT(answers(), AllOf(HasSubstr("2 selection seeds for each of 2 arms, 3 seeds for the 1 that went on"),
                               HasSubstr("on validation data of selection seeds"), Not(HasSubstr("every seed"))));
}

TEST(GridFigure, ADashIsATrialThatWasNotNeeded) {
  Json json = json_of(with_size(3, 3, 1));
  const auto dashes = [&] { return times(grid_figure(ResultsIndex(json)), "class=\"a\""); };
  const int64_t before = dashes();
  json["trials"][4]["state"] = "not needed";
  json["trials"][4]["compared"] = false;
  EXPECT_EQ(dashes(), before + 1);
}

TEST(Tables, ControlsAreShownApart) {
  Json json = json_of(with_size(3, 3, 3));
  const std::string none = report_markdown(json);
  EXPECT_THAT(none, HasSubstr("No control arms"));
  EXPECT_THAT(none, Not(HasSubstr("## Controls")));
  json["arms"][1]["control"] = true;
  json["arms"][1]["method"] = "twin";
  const Table table = controls_table(ResultsIndex(json));
  ASSERT_EQ(table.rows.size(), 1u);
  EXPECT_THAT(table.rows[0].back(), HasSubstr("with the same seed"));
  EXPECT_THAT(report_markdown(json), HasSubstr("Controls, D\\_u in pp²"));
  EXPECT_THAT(forest_figure(ResultsIndex(json)), HasSubstr("(control)"));
}

TEST(Tables, CostIsPairedBySeed) {
  Json json = json_of(with_size(3, 3, 1));
  double seconds = 1;
  for (Json& run : json["runs"]) {
    const bool is_baseline = run["arms"][0] == "baseline";
    run["times"]["train_seconds"] = is_baseline ? seconds : 1.5 * (seconds - 3);
    seconds += 1;
  }
  const Table table = cost_table(ResultsIndex(json));
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_EQ(table.rows[1][3], "1.50 [1.50, 1.50]") << "half again as long at every seed";
}

}  // namespace
}  // namespace evensweep

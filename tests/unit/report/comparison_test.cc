#include "sweeps/report/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "common/base/file.h"
#include "sweeps/report/escape.h"
#include "tests/support/places.h"
#include "tests/unit/report/report_fixture.h"

namespace evensweep {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

SyntheticOptions small(size_t seeds, size_t epochs = 12) {
  SyntheticOptions options;
  options.classes = 4;
  options.seeds = seeds;
  options.epochs = epochs;
  options.arms = synthetic::standard_arms();
  return options;
}

Json compared(const Json& a, const Json& b) {
  StatusOr<Json> comparison = comparison_json({"a/results.json", a}, {"b/results.json", b});
  EXPECT_TRUE(comparison.ok()) << comparison.status();
  return comparison.ok() ? *std::move(comparison) : Json();
}

std::string refusal(const Json& a, const Json& b) {
  return std::string(comparison_json({"a/results.json", a}, {"b/results.json", b}).status().message());
}

// Another training of the same sweep: every arm is pulled together more.
SyntheticOptions stronger(SyntheticOptions options) {
  for (SyntheticArm& arm : options.arms) arm.pull += arm.identity ? 0 : 0.2;
  return options;
}

TEST(CellsOfResults, AreTheCountsOfTheRuns) {
  const Json results = json_of(small(3));
  const StatusOr<SweepCells> cells = cells_of_results(results);
  ASSERT_TRUE(cells.ok()) << cells.status();
  ASSERT_EQ(cells->arms.size(), 6u);
  EXPECT_EQ(cells->arms[1].name, "tpr_weighting(gamma=1)");
  EXPECT_TRUE(cells->arms[5].identity);
  ASSERT_TRUE(cells->baseline[2].counts);
  const Json& test = results["runs"][2]["test"];
  ASSERT_EQ(results["runs"][2]["arms"][0], "baseline");
  for (size_t c = 0; c < 4; ++c) {
    EXPECT_EQ(cells->baseline[2].counts->correct[c], test[c][c].get<int64_t>());
    EXPECT_EQ(cells->baseline[2].counts->total[c], 200);
  }
  EXPECT_EQ(cells->arms[5].cells[2].counts->confusions, cells->baseline[2].counts->confusions);
}

TEST(CellsOfResults, AgreeWithTheTrialsOfTheReport) {
  const Json results = json_of(small(6)), other = json_of(stronger(small(6)));
  const Json comparison = compared(results, other);
  for (const Json& arm : comparison["arms"]) {
    const auto same = [&](const Json& one) { return one["name"] == arm["name"]; };
    const auto in_a = std::find_if(results["arms"].begin(), results["arms"].end(), same);
    const auto in_b = std::find_if(other["arms"].begin(), other["arms"].end(), same);
    const double change = (*in_b)["d_unbiased"]["mean"].get<double>() - (*in_a)["d_unbiased"]["mean"].get<double>();
    EXPECT_NEAR(arm["d_unbiased"]["mean"].get<double>(), change, 1e-15);
  }
  EXPECT_EQ(comparison["arms"].size(), 5u) << "the identity has nothing to compare";
  EXPECT_EQ(comparison["seeds"].size(), 6u);
}

TEST(CellsOfResults, SayWhyAResultLacks) {
  SyntheticOptions options = small(3);
  options.losses = {{.arm = 1, .seed = 0, .is_failure = true, .failure = {FailureClass::kDiverged, "loss", ""}},
                    {.arm = 2, .seed = 1, .is_failure = false, .failure = {}}};
  const StatusOr<SweepCells> cells = cells_of_results(json_of(options));
  ASSERT_TRUE(cells.ok());
  EXPECT_TRUE(cells->arms[0].cells[0].diverged);
  EXPECT_FALSE(cells->arms[1].cells[1].diverged);
  EXPECT_THAT(cells->arms[1].cells[1].lacking, Not(IsEmpty()));
}

TEST(CellsOfResults, ReadTheCountsOfATable) {
  Json results = json_of(small(2));
  for (Json& run : results["runs"]) {
    run["test"] = nullptr;
    run["class_counts"] = {{"correct", {1, 2, 3, 4}}, {"total", {9, 9, 9, 9}}};
  }
  const StatusOr<SweepCells> cells = cells_of_results(results);
  ASSERT_TRUE(cells.ok()) << cells.status();
  EXPECT_EQ(cells->baseline[0].counts->correct, (std::vector<int64_t>{1, 2, 3, 4}));
  EXPECT_THAT(cells->baseline[0].counts->confusions, IsEmpty());
}

TEST(Comparison, FindsNothingBetweenASweepAndItself) {
  const Json results = json_of(small(4));
  const Json comparison = compared(results, results);
  EXPECT_TRUE(comparison["same_sweep"].get<bool>());
  EXPECT_THAT(comparison["settings"], IsEmpty());
  EXPECT_THAT(comparison["baseline"]["differing"], IsEmpty());
  for (const Json& arm : comparison["arms"]) {
    EXPECT_EQ(arm["d_unbiased"]["status"], "all_zero");
    EXPECT_EQ(arm["var_unbiased"]["p_holm"], 1);
  }
}

TEST(SettingDifferences, AreNamedOneByOne) {
  Json a = json_of(small(2)), b = json_of(small(2, 20));
  b["sweep"]["dataset"]["split"]["test_fraction"] = 0.3;
  b["sweep"]["dataset"]["train_files"][0]["sha256"] = "other";
  b["sweep"]["model"]["hidden"] = {64, 32};
  b["sweep"]["training"].erase("precision");
  b["environment"]["trainers"][0]["device"] = "cuda: NVIDIA H100";
  std::vector<std::string> found;
  for (const SettingDifference& one : setting_differences(a, b))
    found.push_back(one.name + ": " + one.a + " | " + one.b);
  EXPECT_THAT(found, testing::UnorderedElementsAre("dataset.split.test_fraction: 0.2 | 0.3",
                                                   HasSubstr("dataset.train_files[0].sha256: aaaa"),
                                                   "model.hidden: [64] | [64,32]", "training.epochs: 12 | 20",
                                                   "training.precision: fp32 | absent", HasSubstr("H100")));
}

TEST(SettingDifferences, DoNotNameWhereDataLie) {
  Json a = json_of(small(2)), b = a;
  b["sweep"]["dataset"]["train_files"][0]["path"] = "elsewhere.csv";
  b["sweep"]["dataset"]["name"] = "another name";
  EXPECT_THAT(setting_differences(a, b), IsEmpty());
}

TEST(SettingDifferences, SayWhatATableDoesNotTell) {
  const Json a = json_of(small(2));
  Json b = a;
  for (const char* section : {"dataset", "model", "training"}) b["sweep"][section] = nullptr;
  EXPECT_EQ(setting_differences(a, b).size(), 3u);
  EXPECT_EQ(setting_differences(a, b)[0].b, "unknown");
  EXPECT_THAT(setting_differences(b, b), IsEmpty());
}

TEST(Comparison, RefusesDocumentsThatAreNotWhole) {
  const Json good = json_of(small(2));
  const auto refused = [&](auto spoil) {
    Json bad = good;
    spoil(bad);
    const std::string first = refusal(bad, good), second = refusal(good, bad);
    EXPECT_TRUE(first.starts_with("a/results.json: ")) << first;
    EXPECT_TRUE(second.starts_with("b/results.json: ")) << second;
    EXPECT_EQ(std::count(first.begin(), first.end(), '\n'), 0);
    return first;
  };
  EXPECT_THAT(refused([](Json& j) { j.erase("runs"); }), HasSubstr("runs"));
  EXPECT_THAT(refused([](Json& j) { j["arms"] = 5; }), HasSubstr("arms"));
  EXPECT_THAT(refused([](Json& j) { j["trials"][0] = "x"; }), HasSubstr("trials[0]"));
  EXPECT_THAT(refused([](Json& j) { j["trials"][3]["seed"] = -1; }), HasSubstr("trials[3]"));
  EXPECT_THAT(refused([](Json& j) { j["sweep"] = nullptr; }), HasSubstr("sweep"));
  EXPECT_THAT(refused([](Json& j) { j["sweep"]["seeds"] = {1.5}; }), HasSubstr("seeds"));
  EXPECT_THAT(refused([](Json& j) { j["runs"][1]["test"][0][0] = -3; }), HasSubstr("runs[1]"));
  EXPECT_THAT(refused([](Json& j) { j["runs"][1]["test"][0][0] = INT64_MAX; }), HasSubstr("too large"));
  EXPECT_THAT(refused([](Json& j) { j["runs"][1]["test"][0].erase(0); }), HasSubstr("square"));
  EXPECT_THAT(refused([](Json& j) { j["runs"][1]["test"] = nullptr; }), HasSubstr("no counts"));
  EXPECT_THAT(refused([](Json& j) {
                j["runs"][1]["class_counts"] = {{"correct", {1}}, {"total", {2, 2}}};
              }),
              HasSubstr("as many classes"));
}

// Every value of a document replaced in turn by one of another kind: refused with its file, or compared and shown.
TEST(Comparison, SurvivesAnyDamage) {
  SyntheticOptions options = small(2, 1);
  options.classes = 2;
  options.arms.resize(1);
  const Json good = json_of(options), flat = good.flatten();
  int64_t refusals = 0;
  for (const auto& [path, value] : flat.items()) {
    for (const Json& odd : {Json(), Json(-1), Json("x"), Json::array({1})}) {
      Json bad = good;
      bad[Json::json_pointer(path)] = odd;
      const StatusOr<Json> comparison = comparison_json({"a", good}, {"b", bad});
      refusals += comparison.ok() ? 0 : 1;
      if (!comparison.ok()) continue;
      EXPECT_THAT(comparison_table(*comparison, {.width = 80, .color = false}), HasSubstr("Matched"));
      EXPECT_THAT(comparison_csv(*comparison), HasSubstr("tpr_weighting"));
    }
  }
  EXPECT_GT(refusals, 100);
}

TEST(Comparison, WarnsOfDataThatDifferAndOfTooFewSeeds) {
  const Json a = json_of(small(3));
  Json b = json_of(stronger(small(3)));
  b["sweep"]["dataset"]["split"]["seed"] = 1;
  const std::string remarks = compared(a, b)["remarks"].dump();
  EXPECT_THAT(remarks, HasSubstr("equal seeds then do not mean equal examples"));
  EXPECT_THAT(remarks, HasSubstr("with 3 seeds and 5 arms no adjusted p can be below 1"));
}

TEST(ComparisonCsv, HasOneLineForEachArm) {
  const Json comparison = compared(json_of(small(4)), json_of(stronger(small(4))));
  const std::string csv = comparison_csv(comparison);
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 6);
  const std::string header = csv.substr(0, csv.find('\n'));
  for (size_t at = 0, line = 0; line < 6; ++line) {
    const size_t end = csv.find('\n', at);
    std::string text = csv.substr(at, end - at);
    for (size_t quote = text.find('"'); quote != std::string::npos; quote = text.find('"'))
      text.erase(quote, text.find('"', quote + 1) - quote + 1);
    EXPECT_EQ(std::count(text.begin(), text.end(), ','), std::count(header.begin(), header.end(), ',')) << text;
    at = end + 1;
  }
}

TEST(ComparisonTable, FitsEveryWidthAndNamesEveryArm) {
  SyntheticOptions hostile = hostile_options();
  for (const auto& [a, b] :
       {std::pair(json_of(small(6)), json_of(stronger(small(8)))), std::pair(json_of(hostile), json_of(hostile))}) {
    const Json comparison = compared(a, b);
    for (int width : {20, 40, 60, 80, 120, 200}) {
      const std::string text = comparison_table(comparison, {.width = width, .color = false});
      for (size_t at = 0; at < text.size();) {
        const size_t end = text.find('\n', at);
        ASSERT_LE(display_width(text.substr(at, end - at)), static_cast<size_t>(width)) << text.substr(at, end - at);
        at = end + 1;
      }
      EXPECT_THAT(text, Not(HasSubstr("\x1b")));
    }
  }
  const Json comparison = compared(json_of(small(6)), json_of(stronger(small(8))));
  for (int width : {80, 200}) {
    const std::string text = comparison_table(comparison, {.width = width, .color = false});
    for (const Json& arm : comparison["arms"]) EXPECT_THAT(text, HasSubstr(arm["name"].get<std::string>()));
    EXPECT_THAT(text, HasSubstr("seed 6, 7: only in B"));
  }
}

// The member tables of docs/comparing.md name everything that is there.
TEST(ComparisonDocument, NamesEveryMember) {
  const StatusOr<std::string> text = read_file(source_dir() + "/docs/comparing.md");
  ASSERT_TRUE(text.ok());
  const Json comparison = compared(json_of(small(4)), json_of(stronger(small(5))));
  for (const auto& [name, value] : comparison.items()) EXPECT_THAT(*text, HasSubstr("\n| `" + name + "`"));
  for (const auto& [name, value] : comparison["arms"][0].items()) EXPECT_THAT(*text, HasSubstr("`" + name + "`"));
  EXPECT_THAT(*text, HasSubstr("version " + std::to_string(kComparisonSchemaVersion)));
}

}  // namespace
}  // namespace evensweep

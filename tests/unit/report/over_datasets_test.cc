#include "sweeps/report/over_datasets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "sweeps/stats/meta.h"
#include "tests/unit/report/report_fixture.h"

namespace evensweep {
namespace {

using testing::Contains;
using testing::HasSubstr;

NamedResults on_dataset(const std::string& name, double mean_tpr, size_t arms = 6) {
  SyntheticOptions options;
  options.name = name;
  options.mean_tpr = mean_tpr;
  options.arms = synthetic::standard_arms();
  options.arms.resize(arms);
  SweepResults results = synthetic_results(options);
  results.sweep.dataset.train_files[0].sha256 = name;
  return {name + ".json", json_of(results)};
}

const Json& arm_of(const Json& over, const std::string& name) {
  for (const Json& arm : over["arms"])
    if (arm["name"] == name) return arm;
  throw std::runtime_error("no " + name);
}

TEST(OverDatasets, RanksAndWeighsEveryArmThatAllHave) {
  const std::vector<NamedResults> documents{on_dataset("a", 0.8), on_dataset("b", 0.7), on_dataset("c", 0.85),
                                            on_dataset("d", 0.75, 3)};
  const Json over = over_datasets_json(documents, 0.05).value();
  EXPECT_EQ(over["datasets"].size(), 4u);
  ASSERT_EQ(over["arms"].size(), 3u) << "d has three arms";
  EXPECT_EQ(over["left_out"].size(), 3u);
  EXPECT_THAT(over["left_out"].dump(), HasSubstr("is not in d.json"));
  // The strongest pull is the most even everywhere, the baseline the least.
  EXPECT_EQ(arm_of(over, "tpr_weighting(gamma=2)")["mean_rank"], 1.0);
  EXPECT_EQ(over["baseline_mean_rank"], 4.0);
  std::vector<StudyEffect> studies;
  for (const NamedResults& document : documents)
    for (const Json& arm : document.results["arms"])
      if (arm["name"] == "tpr_weighting(gamma=1)") {
        const Json& logs = arm["ratio"]["log_ratio"];
        studies.push_back({logs["mean"].get<double>(), std::pow(logs["se"].get<double>(), 2)});
      }
  const MetaAnalysis expected = random_effects(studies, 0.05);
  const Json& meta = arm_of(over, "tpr_weighting(gamma=1)")["meta"];
  EXPECT_EQ(meta["mean"], expected.mean);
  EXPECT_EQ(meta["prediction_high"], expected.prediction.high);
  EXPECT_LT(expected.interval.high, 0) << "it evens out";
  const std::string table = over_datasets_table(over, {.width = 100, .color = false});
  EXPECT_THAT(table, HasSubstr("3 arms on 4 data sets"));
  EXPECT_THAT(table, HasSubstr("tpr_weighting(gamma=2): mean rank 1.00"));
  EXPECT_THAT(table, HasSubstr("left out: "));
}

TEST(OverDatasets, LeavesOutIdentitiesAndTellsOfTheSameData) {
  const Json over = over_datasets_json({on_dataset("a", 0.8), on_dataset("a", 0.8)}, 0.05).value();
  EXPECT_THAT(over["left_out"].dump(), HasSubstr("trains as the baseline does in a.json"));
  const auto remarks = over["remarks"].get<std::vector<std::string>>();
  EXPECT_THAT(remarks, Contains(HasSubstr("of the same data")));
  EXPECT_THAT(remarks, Contains(HasSubstr("2 data sets are too few for a meta-analysis")));
  EXPECT_TRUE(over["arms"][0]["meta"].is_null());
}

TEST(OverDatasets, RefusesWhatHasNothingInCommon) {
  EXPECT_THAT(over_datasets_json({on_dataset("a", 0.8)}, 0.05).status().message(), HasSubstr("two data sets at least"));
  EXPECT_THAT(over_datasets_json({on_dataset("a", 0.8), on_dataset("b", 0.8)}, 1).status().message(),
              HasSubstr("alpha is 1"));
  NamedResults other = on_dataset("b", 0.8, 1);
  other.results["arms"][0]["name"] = "mine";
  EXPECT_THAT(over_datasets_json({on_dataset("a", 0.8), other}, 0.05).status().message(),
              HasSubstr("no arm is in all of these results"));
  EXPECT_FALSE(over_datasets_json({{"x", Json::object()}, {"y", Json::array()}}, 0.05).ok());
}

}  // namespace
}  // namespace evensweep

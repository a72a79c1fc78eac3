#include "sweeps/report/stored_results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sweeps/stats/design.h"
#include "sweeps/stats/design_replay.h"
#include "tests/unit/report/report_fixture.h"

namespace evensweep {
namespace {

using testing::HasSubstr;

TEST(StoredResults, GiveTheCountsThatTheyWereMadeFrom) {
  SyntheticOptions options;
  options.losses = {{.arm = 2, .seed = 3, .is_failure = true, .failure = {FailureClass::kDiverged, "nan", ""}}};
  const SweepResults results = synthetic_results(options);
  const SweepResults stored = stored_results(json_of(results)).value();
  EXPECT_EQ(stored.sweep.seeds, results.sweep.seeds);
  EXPECT_EQ(stored.sweep.arms, results.sweep.arms);
  EXPECT_EQ(stored.sweep.analysis.correction, results.sweep.analysis.correction);
  const StageCells cells = stage_cells(results).value(), again = stage_cells(stored).value();
  ASSERT_EQ(again.size(), cells.size());
  for (size_t arm = 0; arm < cells.size(); ++arm)
    for (size_t seed = 0; seed < cells[arm].size(); ++seed) {
      EXPECT_EQ(again[arm][seed].test_variance, cells[arm][seed].test_variance);
      EXPECT_EQ(again[arm][seed].validation_variance, cells[arm][seed].validation_variance);
      EXPECT_EQ(again[arm][seed].diverged, cells[arm][seed].diverged);
      EXPECT_EQ(again[arm][seed].as_baseline, cells[arm][seed].as_baseline);
    }
  EXPECT_EQ(pilot_arms(stored, 5).size(), pilot_arms(results, 5).size());
}

TEST(StoredResults, AreRefusedWithOneLine) {
  const Json good = json_of(SyntheticOptions{});
  const auto refusal = [&](const std::string& place, const Json& value) {
    Json bad = good;
    bad[Json::json_pointer(place)] = value;
    const auto results = stored_results(bad);
    return results.ok() ? std::string("none") : std::string(results.status().message());
  };
  EXPECT_EQ(refusal("/sweep/seeds", Json::array()), "results: sweep.seeds: must not be empty");
  EXPECT_EQ(refusal("/sweep/seeds/0", "x"), "results: sweep.seeds: must be whole numbers of at least 0");
  EXPECT_THAT(refusal("/runs/0/test/0/0", -1), HasSubstr("must hold whole numbers of at least 0"));
  EXPECT_THAT(refusal("/runs/0/test/0", Json::array()), HasSubstr("must be a square table of counts"));
  EXPECT_THAT(refusal("/trials/0/arm", "nobody"), HasSubstr("one is of no arm"));
  EXPECT_EQ(refusal("/arms/0/method", nullptr), "results: an arm has no method");
  EXPECT_FALSE(stored_results(Json("text")).ok());
  EXPECT_FALSE(stored_results(Json::object()).ok());
}

TEST(Design, IsInTheResultsOfASweepThatStops) {
  SweepResults results = synthetic_results();
  results.sweep.analysis.correction = "holm";
  results.sweep.analysis.stopping = StoppingSpec{.looks = {4, 8}};
  const DesignReplay replay = replay_design(results.sweep, stage_cells(results).value());
  results.decisions = replay.decisions;
  ASSERT_FALSE(replay.decisions.empty());
  const Json json = json_of(results);
  EXPECT_EQ(json["design"]["plan_sha256"], plan_hash(results.sweep));
  ASSERT_EQ(json["design"]["decisions"].size(), replay.decisions.size());
  EXPECT_EQ(json["design"]["decisions"][0]["arms"][0]["name"], arm_name(results.sweep.arms[0]));
  EXPECT_TRUE(json["design"]["selection"].is_null());
  EXPECT_THAT(report_markdown(json), HasSubstr("Look 1 after 4 seeds:"));
}

}  // namespace
}  // namespace evensweep

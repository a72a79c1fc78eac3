#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "sweeps/report/tables.h"
#include "tests/unit/report/report_fixture.h"

namespace evensweep {
namespace {

// What two executions of a sweep may differ in.
void erase_volatile(Json& json) {
  if (json.is_object()) {
    json.erase("times");
    json.erase("environment");
  }
  if (json.is_structured())
    for (Json& item : json) erase_volatile(item);
}

TEST(ResultsJson, SameResultsGiveTheSameBytes) {
  EXPECT_EQ(results_text(json_of(hostile_options())), results_text(json_of(hostile_options())));
}

TEST(ResultsJson, ExecutionsDifferInTimesAndEnvironmentOnly) {
  SyntheticOptions first = hostile_options(), second = hostile_options();
  second.second = 3.7;
  second.finished_at = "2027-01-01T00:00:00Z";
  second.device = "cuda: NVIDIA H100";
  second.losses[0].failure.stderr_tail = "pid 4711 killed";
  SweepResults results = synthetic_results(second);
  results.sweep.dataset.train_files[0].path = "/elsewhere/synthetic.csv";
  results.sweep.resources = {.device = "cuda", .slots = 4};
  Json a = json_of(first), b = json_of(results);
  EXPECT_NE(results_text(a), results_text(b));
  erase_volatile(a);
  erase_volatile(b);
  EXPECT_EQ(results_text(a), results_text(b));
}

TEST(ResultsJson, CountsDistinctTrainings) {
  const Json runs = json_of(SyntheticOptions{})["counts"]["runs"];
  EXPECT_EQ(runs, Json({{"planned", 8 * 6}, {"finished", 8 * 6}, {"failed", 0}, {"missing", 0}, {"baselines", 8}}))
      << "8 seeds, baseline and 6 arms of which one is the baseline again";
}

TEST(ResultsJson, BaselinesAndIdentitiesAreNoComparisons) {
  const Json json = json_of(SyntheticOptions{});
  EXPECT_EQ(json["counts"]["trials"], Json({{"planned", 7 * 8}, {"compared", 5 * 8}}));
  for (const Json& trial : json["trials"]) {
    const bool is_control = trial["arm"] == "baseline" || trial["arm"] == "effective_number(beta=0.999, counts=train)";
    EXPECT_EQ(trial["compared"], !is_control) << trial["arm"];
    EXPECT_EQ(trial["d_unbiased"].is_number(), !is_control) << trial["arm"];
  }
}

TEST(ResultsJson, CountsWhatIsLost) {
  const Json json = json_of(hostile_options());  // one baseline failed, so 5 treatments are unknown; one run is missing
  EXPECT_EQ(json["counts"]["runs"],
            Json({{"planned", 48}, {"finished", 41}, {"failed", 1}, {"missing", 6}, {"baselines", 8}}));
  EXPECT_EQ(json["completeness"]["dropped_blocks"], Json({1, 3}));
  EXPECT_EQ(json["completeness"]["blocks_complete"], 6);
  EXPECT_EQ(json["completeness"]["blocks_planned"], 8);
}

TEST(ResultsJson, SharedRunsAreListedOnceWithTheirArms) {
  const Json json = json_of(SyntheticOptions{});
  std::set<std::string> keys;
  for (const Json& run : json["runs"]) EXPECT_TRUE(keys.insert(run["key"]).second);
  EXPECT_EQ(json["runs"][0]["arms"], Json({"baseline", "effective_number(beta=0.999, counts=train)"}));
  EXPECT_FALSE(json["runs"][0].contains("test_predictions"));
  EXPECT_EQ(json["trials"].size(), 7u * 8u);
}

TEST(ResultsJson, RunsHoldTheCountsThatTheyHad) {
  const SweepResults results = synthetic_results();
  const Json json = json_of(results);
  for (const Json& run : json["runs"]) {
    const RunOutcome& outcome = results.runs.at(RunKey(run["key"].get<std::string>()));
    for (int64_t truth = 0; truth < outcome.result->test.classes; ++truth)
      for (int64_t predicted = 0; predicted < outcome.result->test.classes; ++predicted)
        ASSERT_EQ(run["test"][truth][predicted], outcome.result->test.at(truth, predicted));
  }
}

TEST(ResultsJson, EvidenceNumbersAreUnrounded) {
  const SweepResults results = synthetic_results();
  const StatusOr<Evidence> evidence = weigh(results);
  ASSERT_TRUE(evidence.ok());
  const Json json = Json::parse(results_text(results_json(results, *evidence)));
  for (size_t i = 0; i < evidence->arms.size(); ++i) {
    const ArmEvidence& arm = evidence->arms[i];
    EXPECT_EQ(json["arms"][i]["name"], arm.name);
    EXPECT_EQ(json["arms"][i]["d_unbiased"]["mean"].get<double>(), arm.d.mean);
    EXPECT_EQ(json["arms"][i]["verdict_sentence"], arm.verdict);
    if (!arm.identity) {
      EXPECT_EQ(json["arms"][i]["d_simultaneous"]["ci_low"].get<double>(), arm.d_simultaneous.value().low);
      EXPECT_EQ(json["arms"][i]["d_simultaneous"]["mean"].get<double>(), arm.d.mean);
    }
    EXPECT_EQ(json["arms"][i]["p_adjusted"], arm.p_adjusted ? Json(*arm.p_adjusted) : Json());
    double sum = 0;
    for (const BlockEffect& block : arm.blocks) sum += block.rebalanced.tpr[2];
    EXPECT_NEAR(json["arms"][i]["classes"][2]["rebalanced"]["mean"].get<double>(), sum / 8, 1e-12);
  }
}

TEST(ResultsJson, OneBlockHasMeansButNoIntervals) {
  const Json json = json_of(with_size(3, 1, 1));
  const Json& d = json["arms"][0]["d_unbiased"];
  EXPECT_TRUE(d["mean"].is_number());
  for (const char* name : {"sd", "se", "t", "ci_low", "ci_high"}) EXPECT_TRUE(d[name].is_null()) << name;
  EXPECT_TRUE(json["arms"][0]["classes"][0]["change"]["ci_low"].is_null());
}

TEST(ResultsJson, SimultaneousIntervalsBelongToMaxT) {
  const Json few = json_of(with_size(3, 5, 2));  // too few blocks for 95 %
  EXPECT_TRUE(few["arms"][0]["d_simultaneous"]["mean"].is_number());
  EXPECT_TRUE(few["arms"][0]["d_simultaneous"]["ci_high"].is_null());
  SweepResults results = synthetic_results();
  results.sweep.analysis.correction = "holm";
  EXPECT_TRUE(json_of(results)["arms"][0]["d_simultaneous"].is_null());
}

TEST(ResultsJson, NumbersThatAreNoneAreNull) {
  SweepResults results = synthetic_results();
  results.runs.begin()->second.result->curve[0].train_loss = NAN;
  results.runs.begin()->second.result->times.train_seconds = INFINITY;
  const Json json = json_of(results);
  const std::string text = results_text(json);
  EXPECT_EQ(Json::parse(text), json) << "what is in memory is what is in the file";
  EXPECT_TRUE(json["times"]["train_seconds"].is_null());
}

TEST(ResultsJson, TextThatIsNoUtf8IsMadeSo) {
  SweepResults results = synthetic_results();
  results.trials[8].notes = {"caf\xE9"};
  const Json json = json_of(results);
  EXPECT_EQ(json["trials"][8]["notes"][0], "caf\xEF\xBF\xBD");
  EXPECT_NO_THROW((void)json.dump());
}

TEST(ResultsJson, ReadsItselfBack) {
  const Json json = json_of(hostile_options());
  const StatusOr<Json> parsed = parse_results(results_text(json));
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(*parsed, json);
  EXPECT_EQ(report_html(*parsed), report_html(json));
}

TEST(ResultsJson, RefusesOtherDocuments) {
  EXPECT_EQ(parse_results("{").status().message(), "results: not valid JSON");
  EXPECT_EQ(parse_results("[]").status().message(), "results: schema: must be \"evensweep-results\"");
  EXPECT_EQ(parse_results(R"({"schema": "evensweep-results", "schema_version": 2})").status().message(),
            "results: schema_version: this program reads version 1 only");
}

// The weights in such a treatment are not those that were trained with.
TEST(ResultsJson, HasNoWeightsWhereTheTrainerSetsThem) {
  SweepResults results = synthetic_results();
  const Arm& moving = results.sweep.arms[1];
  for (const TrialOutcome& trial : results.trials)
    if (trial.arm == moving) results.runs.at(*trial.run).treatment.rule = WeightRule{kCdbRule, 1};
  const Json json = json_of(results);
  for (const Json& run : json["runs"])
    EXPECT_EQ(run["treatment"]["class_weights"].is_null(), run["arms"][0] == arm_name(moving)) << run["arms"];
  const ResultsIndex index(json);
  for (const std::vector<std::string>& row : weights_table(index).rows)
    EXPECT_EQ(row[1] == "set in training", row[0] == arm_name(moving)) << row[0];
}

// Beside the verdict: of every arm that is compared all is there, and the sentences about disagreement are traps.
TEST(ResultsJson, HasWhatStandsBesideTheVerdict) {
  const Json json = json_of(SyntheticOptions{});
  for (const Json& arm : json["arms"]) {
    if (arm["identity"].get<bool>()) continue;
    for (const char* name : {"accuracy", "balanced_accuracy", "macro_f1", "worst_tpr", "baseline_worst_class_tpr",
                             "range", "mean_abs_deviation", "cv"}) {
      EXPECT_TRUE(arm["estimands"][name]["change"]["mean"].is_number()) << name;
      EXPECT_TRUE(arm["blocks"][0][std::string(name) + "_change"].is_number()) << name;
    }
    EXPECT_EQ(arm["sensitivity"]["p"].size(), 7u);
    EXPECT_TRUE(arm["ratio"]["fieller"]["low"].is_number());
    EXPECT_TRUE(arm["effect"]["gz_interval"]["low"].is_number());
    EXPECT_TRUE(arm["classes"][0]["p_adjusted"].is_number());
    EXPECT_TRUE(arm["test_set"].is_null()) << "labels are not known";
  }
  ASSERT_EQ(json["trends"].size(), 1u) << "three gammas of tpr_weighting";
  EXPECT_EQ(json["trends"][0]["arms"].size(), 3u);
  EXPECT_LE(json["trends"][0]["sign_flip"]["p_greater"].get<double>(), 0.05) << "the pull grows with gamma";
}

}  // namespace
}  // namespace evensweep

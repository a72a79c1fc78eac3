// The report of a table says what the table says, and nothing about what it cannot know.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sweeps/report/report.h"
#include "sweeps/stats/evidence.h"
#include "tests/support/results_table.h"
#include "tests/support/synthetic_results.h"
#include "tests/unit/report/markup_check.h"
#include "tests/unit/table/read_text.h"

namespace evensweep {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Json json_of_table(const std::string& text, const AnalysisSpec& analysis = {}) {
  const StatusOr<ResultsTable> table = read_text(text);
  EXPECT_TRUE(table.ok()) << table.status();
  const StatusOr<SweepResults> results = results_of(*table, analysis);
  EXPECT_TRUE(results.ok()) << results.status();
  const StatusOr<Evidence> evidence = weigh(*results);
  EXPECT_TRUE(evidence.ok()) << evidence.status();
  return results_json(*results, *evidence);
}

SweepResults a_sweep() {
  SyntheticOptions options;
  options.classes = 4;
  options.test_per_class = 40;
  return synthetic_results(options);
}

TEST(TableReport, CountsAloneShowNoConfusionsCurvesOrWeights) {
  const Json json = json_of_table(results_table::counts(a_sweep()));
  const std::string html = report_html(json), markdown = report_markdown(json);
  EXPECT_EQ(MarkupReader(html).read().error, "");
  for (const char* unknown : {"Confusion matrices", "Learning curves", "Class weights", ">Times<", "Trained by",
                              "libtorch", "epochs", "Split"}) {
    EXPECT_THAT(html, Not(HasSubstr(unknown)));
    EXPECT_THAT(markdown, Not(HasSubstr(unknown)));
  }
  EXPECT_THAT(html, HasSubstr("True positive rates by class"));
  EXPECT_THAT(html, HasSubstr("All counts come from the table"));
}

TEST(TableReport, WhatATableCannotKnowIsNull) {
  const Json json = json_of_table(results_table::counts(a_sweep()));
  for (const char* name : {"dataset", "model", "training"}) EXPECT_TRUE(json["sweep"][name].is_null()) << name;
  EXPECT_TRUE(json["sweep"]["classes"]["train"].is_null());
  EXPECT_EQ(json["sweep"]["classes"]["test"], Json({40, 40, 40, 40}));
  for (const Json& run : json["runs"]) {
    for (const char* name : {"validation", "test", "treatment", "curve", "model_parameters", "times", "environment"})
      EXPECT_TRUE(run[name].is_null()) << name;
    EXPECT_EQ(run["state"], "finished");
    EXPECT_EQ(run["class_counts"]["total"], Json({40, 40, 40, 40}));
  }
  EXPECT_TRUE(json["times"]["train_seconds"].is_null());
  EXPECT_EQ(json["table"]["form"], "counts");
  EXPECT_EQ(json["counts"]["runs"]["finished"], json["counts"]["runs"]["planned"]);
}

TEST(TableReport, PredictionsShowConfusions) {
  const SweepResults results = a_sweep();
  const Json json = json_of_table(results_table::predictions(results));
  EXPECT_THAT(report_html(json), HasSubstr("Confusion matrices"));
  EXPECT_THAT(report_html(json), Not(HasSubstr("Learning curves")));
  const ConfusionMatrix& test = results.runs.at(*results.trials[0].run).result->test;
  EXPECT_EQ(json["runs"][0]["test"], to_json(test));
}

TEST(TableReport, OneSeedIsNotTestable) {
  SyntheticOptions options;
  options.seeds = 1;
  options.classes = 3;
  const Json json = json_of_table(results_table::counts(synthetic_results(options)));
  for (const Json& arm : json["arms"]) EXPECT_EQ(arm["verdict"], "not testable");
  EXPECT_THAT(report_markdown(json), HasSubstr("one complete block; a comparison needs at least two"));
}

TEST(TableReport, RunsThatTheTableLacksAreListed) {
  SyntheticOptions options;
  options.classes = 3;
  options.arms = {synthetic::standard_arms()[0], synthetic::standard_arms()[1]};
  options.losses = {{.arm = 2, .seed = 3, .is_failure = false, .failure = {}}};
  const Json json = json_of_table(results_table::counts(synthetic_results(options)));
  EXPECT_EQ(json["completeness"]["missing"],
            Json::array({{{"arm", "tpr_weighting(gamma=1)"}, {"seed", 3}, {"reason", "not in the table"}}}));
  EXPECT_EQ(json["completeness"]["dropped_blocks"], Json({3}));
  EXPECT_THAT(report_markdown(json), HasSubstr("not in the table"));
}

TEST(TableReport, SaysWhatTheReaderMustKnowOfTables) {
  const Json json = json_of_table(results_table::counts(a_sweep()));
  EXPECT_THAT(report_markdown(json), HasSubstr("what was left out for its result cannot be seen in a table"));
  EXPECT_THAT(report_markdown(json), Not(HasSubstr("every block splits the same")));
}

TEST(TableReport, GivesTheCommandThatMakesItAgain) {
  AnalysisSpec analysis;
  analysis.alpha = 0.1;
  analysis.primary = "tpr_weighting(gamma=1)";
  const Json json = json_of_table(results_table::counts(a_sweep()), analysis);
  EXPECT_THAT(report_markdown(json), HasSubstr("evensweep analyze 't.csv' --alpha 0.1 --margin 0.005 --correction " +
                                               analysis.correction + " --primary 'tpr_weighting(gamma=1)'"));
}

}  // namespace
}  // namespace evensweep

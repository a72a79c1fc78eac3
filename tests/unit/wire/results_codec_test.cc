#include "common/wire/results_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/synthetic_results.h"

namespace evensweep {
namespace {

using ::testing::HasSubstr;

SweepResults some_results() {
  SyntheticOptions options{.classes = 3, .seeds = 4, .test_per_class = 20, .epochs = 2};
  options.losses = {{.arm = 2,
                     .seed = 1,
                     .is_failure = true,
                     .failure = {.failure = FailureClass::kDiverged, .message = "nan", .stderr_tail = "x"}},
                    {.arm = 0, .seed = 3}};
  options.notes = {"floored class 2"};
  SweepResults results = synthetic_results(options);
  results.trials.back().failure = {.failure = FailureClass::kBadInput, .message = "its baseline failed"};
  results.trials.back().run.reset();
  results.trials[9].not_needed = "stopped for futility at look 2";
  results.decisions = {{.kind = StageKind::kLook, .look = 1, .seeds = 2, .blocks = {0, 1}}};
  return results;
}

std::vector<v1::ResultsPart> parts_of(const SweepResults& results) {
  ResultsEncoder encoder({.results = results, .file = {.text = "name: x\n", .overrides = {"seeds=4"}}});
  std::vector<v1::ResultsPart> parts;
  while (std::optional<v1::ResultsPart> part = encoder.next()) parts.push_back(*std::move(part));
  return parts;
}

StatusOr<StoredSweep> put_together(const std::vector<v1::ResultsPart>& parts) {
  ResultsDecoder decoder;
  for (const v1::ResultsPart& part : parts) EV_RETURN_IF_ERROR(decoder.add(part));
  return std::move(decoder).finish();
}

TEST(ResultsCodec, CarriesAllThatAReportIsMadeOf) {
  const SweepResults sent = some_results();
  const StatusOr<StoredSweep> read = put_together(parts_of(sent));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->file.text, "name: x\n");
  EXPECT_EQ(read->file.overrides, std::vector<std::string>{"seeds=4"});
  const SweepResults& got = read->results;
  EXPECT_EQ(got.id, sent.id);
  EXPECT_EQ(to_json(got.sweep), to_json(sent.sweep));
  ASSERT_EQ(got.trials.size(), sent.trials.size());
  for (size_t i = 0; i < sent.trials.size(); ++i) {
    EXPECT_EQ(got.trials[i].arm, sent.trials[i].arm);
    EXPECT_EQ(got.trials[i].seed, sent.trials[i].seed);
    EXPECT_EQ(got.trials[i].run, sent.trials[i].run);
    EXPECT_EQ(got.trials[i].notes, sent.trials[i].notes);
    EXPECT_EQ(got.trials[i].failure.has_value(), sent.trials[i].failure.has_value());
    EXPECT_EQ(got.trials[i].not_needed, sent.trials[i].not_needed);
  }
  ASSERT_EQ(got.runs.size(), sent.runs.size());
  for (const auto& [key, run] : sent.runs) {
    const RunOutcome& other = got.runs.at(key);
    EXPECT_EQ(other.key, key);
    EXPECT_EQ(to_json(other.treatment), to_json(run.treatment));
    ASSERT_EQ(other.result.has_value(), run.result.has_value());
    if (run.result) {
      EXPECT_EQ(to_json(*other.result), to_json(*run.result));
    }
    ASSERT_EQ(other.failure.has_value(), run.failure.has_value());
    if (run.failure) {
      EXPECT_EQ(to_json(*other.failure), to_json(*run.failure));
    }
  }
  ASSERT_EQ(got.decisions.size(), 1);
  EXPECT_EQ(to_json(got.decisions[0]), to_json(sent.decisions[0]));
}

TEST(ResultsCodec, TakesNoStreamThatIsShortOfAnything) {
  const std::vector<v1::ResultsPart> parts = parts_of(some_results());
  for (size_t left_out = 0; left_out + 1 < parts.size(); ++left_out) {  // the last one is a decision, which may lack
    std::vector<v1::ResultsPart> rest = parts;
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(left_out));
    EXPECT_FALSE(put_together(rest).ok()) << left_out;
  }
  EXPECT_FALSE(put_together({}).ok());
}

TEST(ResultsCodec, SaysWhatIsWrongWithAPart) {
  const std::vector<v1::ResultsPart> parts = parts_of(some_results());
  const auto expect = [&](const v1::ResultsPart& part, const std::string& says) {
    std::vector<v1::ResultsPart> all = parts;
    all.push_back(part);
    const Status status = put_together(all).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr(says));
  };
  expect(parts.front(), "the sweep must come first, and once");
  v1::ResultsPart part;
  part.mutable_trials()->add_trials();
  expect(part, "more trials than the sweep has");
  const auto run = std::ranges::find_if(parts, [](const auto& p) { return p.has_run(); });
  ASSERT_NE(run, parts.end());
  expect(*run, "a run comes twice");
  part.mutable_run()->set_run_key("x");
  expect(part, "run_key is not a SHA-256");
  part = *run;
  part.mutable_run()->set_treatment_json("[]");
  expect(part, "treatment");
  part = *run;
  part.mutable_run()->set_result_json("{}");
  expect(part, "result");
  part = *run;
  part.mutable_run()->set_failure_json("{}");
  expect(part, "failure");
  part.set_decision_json("{}");
  expect(part, "decision");
}

}  // namespace
}  // namespace evensweep

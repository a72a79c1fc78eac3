#include "common/wire/results_codec.h"
#include "common/base/hash.h"

#include <algorithm>
#include <string>

#include "common/model/expand.h"
#include "common/model/json.h"
#include "common/wire/limits.h"
#include "common/wire/sweeps_codec.h"

namespace evensweep {
namespace {

constexpr size_t kTrialsOfPart = 1000;

Status invalid(const std::string& what) { return absl::InvalidArgumentError("the coordinator's results: " + what); }

}  // namespace

v1::ResultsPart ResultsEncoder::trials() {
  v1::ResultsPart part;
  v1::TrialOutcomes* list = part.mutable_trials();
  const size_t end = std::min(stored_.results.trials.size(), trial_ + kTrialsOfPart);
  for (; trial_ < end; ++trial_) {
    const TrialOutcome& trial = stored_.results.trials[trial_];
    v1::TrialOutcome* added = list->add_trials();
    if (trial.run) added->set_run_key(trial.run->str());
    for (const std::string& note : trial.notes) added->add_notes(note);
    if (trial.failure) added->set_failure_json(to_json(*trial.failure).dump());
    added->set_not_needed(trial.not_needed);
  }
  return part;
}

v1::ResultsPart ResultsEncoder::run() {
  const RunOutcome& outcome = run_->second;
  v1::ResultsPart part;
  v1::RunOutcome* proto = part.mutable_run();
  proto->set_run_key(outcome.key.str());
  proto->set_treatment_json(to_json(outcome.treatment).dump());
  if (outcome.result) proto->set_result_json(to_json(*outcome.result).dump());
  if (outcome.failure) proto->set_failure_json(to_json(*outcome.failure).dump());
  ++run_;
  return part;
}

std::optional<v1::ResultsPart> ResultsEncoder::next() {
  v1::ResultsPart part;
  if (!std::exchange(begun_, true)) {
    *part.mutable_definition() = encode(SweepDefinition{.sweep = stored_.results.sweep, .file = stored_.file});
    return part;
  }
  if (trial_ < stored_.results.trials.size()) return trials();
  if (run_ != stored_.results.runs.end()) return run();
  if (decision_ == stored_.results.decisions.size()) return std::nullopt;
  part.set_decision_json(to_json(stored_.results.decisions[decision_++]).dump());
  return part;
}

Status ResultsDecoder::begin(const v1::SweepDefinition& proto) {
  EV_ASSIGN_OR_RETURN(SweepDefinition definition, decode(proto));
  stored_ = StoredSweep{.results = {.id = sweep_id(definition.sweep), .sweep = std::move(definition.sweep)},
                        .file = std::move(definition.file)};
  const Sweep& sweep = stored_->results.sweep;
  const std::vector<uint64_t> seeds = all_seeds(sweep);
  for (size_t arm = 0; arm <= sweep.arms.size(); ++arm)
    for (const uint64_t seed : seeds)
      stored_->results.trials.push_back({.arm = arm_of_trial(sweep, arm), .seed = seed});
  return absl::OkStatus();
}

Status ResultsDecoder::add_trial(const v1::TrialOutcome& proto) {
  if (trials_ == stored_->results.trials.size()) return invalid("more trials than the sweep has");
  TrialOutcome& trial = stored_->results.trials[trials_++];
  if (!proto.run_key().empty()) {
    if (!is_sha256(proto.run_key())) return invalid("run_key is not a SHA-256 sum");
    trial.run = RunKey(proto.run_key());
  }
  trial.notes = {proto.notes().begin(), proto.notes().end()};
  if (!proto.failure_json().empty()) {
    EV_ASSIGN_OR_RETURN(trial.failure, parse_failure(proto.failure_json()));
  }
  trial.not_needed = proto.not_needed();
  return absl::OkStatus();
}

Status ResultsDecoder::add_run(const v1::RunOutcome& proto) {
  if (!is_sha256(proto.run_key())) return invalid("run_key is not a SHA-256 sum");
  RunOutcome outcome{.key = RunKey(proto.run_key())};
  EV_ASSIGN_OR_RETURN(outcome.treatment, parse_treatment(proto.treatment_json()));
  const auto classes = static_cast<int64_t>(stored_->results.sweep.classes.names.size());
  if (!proto.result_json().empty()) {
    EV_ASSIGN_OR_RETURN(outcome.result, parse_run_result(proto.result_json(), classes));
  }
  if (!proto.failure_json().empty()) {
    EV_ASSIGN_OR_RETURN(outcome.failure, parse_failure(proto.failure_json()));
  }
  if (!stored_->results.runs.emplace(outcome.key, std::move(outcome)).second) return invalid("a run comes twice");
  return absl::OkStatus();
}

Status ResultsDecoder::add(const v1::ResultsPart& part) {
  if (part.has_definition() == stored_.has_value()) return invalid("the sweep must come first, and once");
  switch (part.part_case()) {
    case v1::ResultsPart::kDefinition: return begin(part.definition());
    case v1::ResultsPart::kTrials:
      for (const v1::TrialOutcome& trial : part.trials().trials()) EV_RETURN_IF_ERROR(add_trial(trial));
      return absl::OkStatus();
    case v1::ResultsPart::kRun: return add_run(part.run());
    case v1::ResultsPart::kDecisionJson: {
      EV_ASSIGN_OR_RETURN(DesignDecision decision, parse_decision(part.decision_json()));
      stored_->results.decisions.push_back(std::move(decision));
      return absl::OkStatus();
    }
    case v1::ResultsPart::PART_NOT_SET: break;
  }
  return absl::OkStatus();  // of a newer coordinator
}

StatusOr<StoredSweep> ResultsDecoder::finish() && {
  if (!stored_ || trials_ != stored_->results.trials.size()) return invalid("they end too early");
  for (const TrialOutcome& trial : stored_->results.trials)
    if (trial.run && !stored_->results.runs.contains(*trial.run)) return invalid("the run of a trial is missing");
  return *std::move(stored_);
}

}  // namespace evensweep

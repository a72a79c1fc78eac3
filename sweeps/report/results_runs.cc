#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "common/model/files.h"
#include "sweeps/report/results_parts.h"

namespace evensweep {
namespace {

// A run of this sweep and the arms that share it.
struct UsedRun {
  RunKey key;
  uint64_t seed = 0;
  std::vector<std::string> arms;
};

// In the order of the first trial that uses each.
std::vector<UsedRun> used_runs(const SweepResults& results) {
  std::vector<UsedRun> used;
  std::map<RunKey, size_t> places;
  for (const TrialOutcome& trial : results.trials) {
    if (!trial.run) continue;
    const auto [place, is_new] = places.try_emplace(*trial.run, used.size());
    if (is_new) used.push_back({.key = *trial.run, .seed = trial.seed, .arms = {}});
    used[place->second].arms.push_back(arm_name(trial.arm));
  }
  return used;
}

const RunOutcome* outcome_of(const SweepResults& results, const RunKey& key) {
  const auto found = results.runs.find(key);
  return found == results.runs.end() ? nullptr : &found->second;
}

const char* state_of(const RunOutcome* outcome) {
  if (outcome != nullptr && (outcome->result || outcome->table)) return "finished";
  return outcome != nullptr && outcome->failure ? "failed" : "missing";
}

Json result_json(const RunResult& result) {
  RunResult without_predictions = {.validation = result.validation,
                                   .test = result.test,
                                   .test_predictions = {},
                                   .curve = result.curve,
                                   .model_parameters = result.model_parameters,
                                   .times = result.times,
                                   .environment = result.environment};
  Json json = to_json(without_predictions);
  json.erase("test_predictions");
  return json;
}

// Test counts from a table: confusions where it has them, else what is known of each class.
void add_table_counts(const TableCounts& counts, Json& run) {
  if (counts.confusions) run["test"] = to_json(*counts.confusions);
  run["class_counts"] = {{"correct", counts.correct}, {"total", counts.total}};
}

Json run_json(const SweepResults& results, const UsedRun& used) {
  const RunOutcome* outcome = outcome_of(results, used.key);
  const bool failed = outcome != nullptr && outcome->failure && !outcome->result;
  Json json = outcome != nullptr && outcome->result ? result_json(*outcome->result) : Json::object();
  if (outcome != nullptr && outcome->table) add_table_counts(*outcome->table, json);
  for (const char* name : {"validation", "test", "class_counts", "curve", "model_parameters", "times", "environment"})
    if (!json.contains(name)) json[name] = nullptr;
  json["key"] = used.key.str();
  json["seed"] = used.seed;
  json["arms"] = used.arms;
  json["treatment"] = outcome != nullptr && !outcome->table ? to_json(outcome->treatment) : Json();
  // The weights that such a treatment holds are not those that were trained with.
  if (outcome != nullptr && outcome->treatment.rule && json["treatment"].is_object())
    json["treatment"]["class_weights"] = nullptr;
  json["state"] = state_of(outcome);
  json["failure"] = Json();
  if (failed) {
    json["failure"] = {{"class", failure_class_name(outcome->failure->failure)},
                       {"message", outcome->failure->message}};
    // What a dying program wrote depends on the machine and the moment.
    json["environment"] = {{"stderr_tail", outcome->failure->stderr_tail}};
  }
  return json;
}

Json metrics_json(const ModelMetrics& metrics) {
  return {{"accuracy", number_json(metrics.accuracy)},
          {"var", number_json(metrics.var)},
          {"var_unbiased", number_json(metrics.var_unbiased)},
          {"worst_tpr", number_json(metrics.worst_tpr)},
          {"worst_class", metrics.worst_class}};
}

// The numbers of a trial: those of its block, null where there is no complete block.
void add_effect(Json& trial, const BlockEffect* block) {
  for (const char* name : {"d", "d_unbiased", "accuracy_change", "worst_tpr_change", "baseline", "rebalanced"})
    trial[name] = nullptr;
  trial["compared"] = block != nullptr;
  if (block == nullptr) return;
  trial["d"] = number_json(block->d);
  trial["d_unbiased"] = number_json(block->d_unbiased);
  trial["accuracy_change"] = number_json(block->accuracy_change);
  trial["worst_tpr_change"] = number_json(block->worst_tpr_change);
  trial["baseline"] = metrics_json(block->baseline);
  trial["rebalanced"] = metrics_json(block->rebalanced);
}

using Place = std::pair<std::string, uint64_t>;  // arm name, seed

std::map<Place, const BlockEffect*> effects_by_place(const Evidence& evidence) {
  std::map<Place, const BlockEffect*> effects;
  for (const ArmEvidence& arm : evidence.arms)
    if (!arm.identity)
      for (const BlockEffect& block : arm.blocks) effects[{arm.name, block.seed}] = &block;
  return effects;
}

}  // namespace

Json runs_json(const SweepResults& results) {
  Json list = Json::array();
  for (const UsedRun& used : used_runs(results)) list.push_back(run_json(results, used));
  return list;
}

Json trials_json(const SweepResults& results, const Evidence& evidence) {
  const auto effects = effects_by_place(evidence);
  std::map<Place, std::string> reasons;
  for (const Missing& missing : evidence.missing) reasons[{missing.arm, missing.seed}] = missing.reason;
  std::map<uint64_t, std::string> baselines;
  for (const TrialOutcome& trial : results.trials)
    if (trial.arm.method == kBaseline && trial.run) baselines[trial.seed] = trial.run->str();
  Json list = Json::array();
  for (const TrialOutcome& trial : results.trials) {
    const Place place{arm_name(trial.arm), trial.seed};
    const auto baseline = baselines.find(trial.seed);
    const auto reason = reasons.find(place);
    const auto effect = effects.find(place);
    Json json = {{"arm", place.first}, {"seed", trial.seed}, {"notes", trial.notes}};
    json["run"] = trial.run ? Json(trial.run->str()) : Json();
    json["baseline_run"] = baseline != baselines.end() ? Json(baseline->second) : Json();
    json["state"] =
        trial.not_needed.empty() ? state_of(trial.run ? outcome_of(results, *trial.run) : nullptr) : "not needed";
    json["reason"] = reason != reasons.end() ? Json(reason->second) : Json();
    if (!trial.not_needed.empty()) json["reason"] = trial.not_needed;
    add_effect(json, effect != effects.end() ? effect->second : nullptr);
    list.push_back(std::move(json));
  }
  return list;
}

Json counts_json(const SweepResults& results, const Evidence& evidence) {
  std::map<std::string, int64_t> states = {{"finished", 0}, {"failed", 0}, {"missing", 0}};
  const std::vector<UsedRun> used = used_runs(results);
  int64_t baselines = 0;
  for (const UsedRun& run : used) {
    ++states[state_of(outcome_of(results, run.key))];
    if (run.arms.front() == kBaseline) ++baselines;
  }
  // A trial whose treatment is not known yet counts as a run of its own.
  const auto unknown = std::count_if(results.trials.begin(), results.trials.end(),
                                     [](const TrialOutcome& trial) { return !trial.run && trial.not_needed.empty(); });
  int64_t compared = 0;
  for (const ArmEvidence& arm : evidence.arms)
    if (!arm.identity) compared += static_cast<int64_t>(arm.blocks.size());
  return {{"runs",
           {{"planned", static_cast<int64_t>(used.size()) + unknown},
            {"finished", states["finished"]},
            {"failed", states["failed"]},
            {"missing", states["missing"] + unknown},
            {"baselines", baselines}}},
          {"trials", {{"planned", results.trials.size()}, {"compared", compared}}}};
}

Json total_times_json(const SweepResults& results) {
  std::optional<double> train, evaluate;  // none where nothing was timed
  std::set<std::string> ends;
  for (const UsedRun& used : used_runs(results)) {
    const RunOutcome* outcome = outcome_of(results, used.key);
    if (outcome == nullptr || !outcome->result) continue;
    train = train.value_or(0) + outcome->result->times.train_seconds;
    evaluate = evaluate.value_or(0) + outcome->result->times.evaluate_seconds;
    if (!outcome->result->times.finished_at.empty()) ends.insert(outcome->result->times.finished_at);
  }
  return {{"train_seconds", number_json(train)},
          {"evaluate_seconds", number_json(evaluate)},
          {"first_finished_at", ends.empty() ? Json() : Json(*ends.begin())},
          {"last_finished_at", ends.empty() ? Json() : Json(*ends.rbegin())}};
}

Json environment_json(const SweepResults& results) {
  std::map<std::vector<std::string>, int64_t> kinds;
  for (const UsedRun& used : used_runs(results)) {
    const RunOutcome* outcome = outcome_of(results, used.key);
    if (outcome == nullptr || !outcome->result) continue;
    const Environment& at = outcome->result->environment;
    ++kinds[{at.trainer, at.libtorch, at.device, std::to_string(at.threads)}];
  }
  Json trainers = Json::array();
  for (const auto& [kind, runs] : kinds)
    trainers.push_back(
        {{"trainer", kind[0]}, {"libtorch", kind[1]}, {"device", kind[2]}, {"threads", kind[3]}, {"runs", runs}});
  Json paths = Json::object();
  for (const DataFile* file : all_files(results.sweep.dataset, results.sweep.model)) paths[file->sha256] = file->path;
  if (results.table) paths[results.table->sha256] = results.table->path;
  return {{"program", "evensweep " EVENSWEEP_VERSION},
          {"trainers", std::move(trainers)},
          {"files", std::move(paths)},
          {"resources", results.table ? Json() : to_json(results.sweep)["resources"]},
          {"sweep_file", nullptr}};
}

std::string file_name(const std::string& path) { return std::filesystem::path(path).filename().string(); }

Json table_json(const SweepResults& results) {
  if (!results.table) return {};
  const TableSource& table = *results.table;
  return {{"file", file_name(table.path)}, {"sha256", table.sha256}, {"form", table.form}, {"rows", table.rows}};
}

Json sweep_json(const SweepResults& results) {
  Json json = to_json(results.sweep);
  json.erase("resources");
  if (results.table) {
    for (const char* unknown : {"dataset", "model", "training"}) json[unknown] = nullptr;
    for (const char* unknown : {"train", "validation"}) json["classes"][unknown] = nullptr;
    if (results.sweep.classes.test.empty()) json["classes"]["test"] = nullptr;
    return json;
  }
  for (const char* files : {"train_files", "validation_files", "test_files"})
    for (Json& file : json["dataset"][files]) file["path"] = file_name(file["path"].get<std::string>());
  if (results.sweep.model.file) json["model"]["file"]["path"] = file_name(results.sweep.model.file->path);
  return json;
}

}  // namespace evensweep

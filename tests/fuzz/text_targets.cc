// Documents, lines and names.

#include "agent/core/trainer_contract.h"
#include "agent/link/spool_records.h"
#include "agent/trainer/task.h"
#include "common/base/address.h"
#include "common/model/expand.h"
#include "common/model/files.h"
#include "common/model/json.h"
#include "common/model/reference.h"
#include "sweeps/methods/method.h"
#include "sweeps/spec/load.h"
#include "tests/fuzz/target.h"

namespace evensweep::fuzz {
namespace {

// Reading what was written gives what was written.
void expect_same(const std::string& written, const StatusOr<std::string>& again) {
  expect(again.ok(), "what was written can be read");
  expect(written == *again, "what was read is what was written");
}

template <typename Document>
StatusOr<std::string> written(const StatusOr<Document>& document) {
  if (!document.ok()) return document.status();
  return to_json(*document).dump();
}

// The first trials alone: a sweep may ask for a million.
void expand(const Sweep& sweep) {
  const std::vector<uint64_t> seeds = all_seeds(sweep);
  for (size_t arm = 0; arm <= sweep.arms.size() && arm < 4; ++arm)
    for (size_t seed = 0; seed < seeds.size() && seed < 2; ++seed) {
      Decision decision{.treatment = unit_treatment(sweep.classes.names.size())};
      if (arm > 0) {
        StatusOr<Decision> made = decide(sweep.arms[arm - 1], sweep.classes.train,
                                         ConfusionMatrix{.classes = 2, .counts = {15, 5, 4, 6}}, seeds[seed]);
        if (!made.ok()) continue;
        decision = *std::move(made);
      }
      const RunSpec spec = make_run_spec(sweep, seeds[seed], decision.treatment, decision.variation);
      expect_same(to_json(spec).dump(), written(parse_run_spec(to_json(spec).dump())));
    }
}

}  // namespace

void sweep_file(std::string_view input) {
  DraftOrErrors read = parse_sweep_file(input, "sweep.yaml");
  expect(read.draft.has_value() == read.errors.empty(), "a sweep file is either read or has errors");
  if (!read.draft) return;
  Sweep& sweep = read.draft->sweep;
  // What resolve() would find out.
  for (std::vector<DataFile>* files :
       {&sweep.dataset.train_files, &sweep.dataset.validation_files, &sweep.dataset.test_files})
    for (DataFile& file : *files) file.sha256 = std::string(64, 'a');
  if (sweep.model.file) sweep.model.file->sha256 = std::string(64, 'a');
  if (sweep.training.threads == kAutoThreads) sweep.training.threads = 1;
  sweep.classes = {.names = {"0", "1"}, .train = {60, 30}, .validation = {20, 10}, .test = {25, 12}};
  expand(sweep);
}

void sweep_json(std::string_view input) {
  const StatusOr<Sweep> sweep = parse_sweep(input);
  if (!sweep.ok()) return;
  expect_same(to_json(*sweep).dump(), written(parse_sweep(to_json(*sweep).dump())));
  if (sweep->classes.names.size() == 2) expand(*sweep);
}

void run_spec(std::string_view input) {
  const StatusOr<RunSpec> spec = parse_run_spec(input);
  if (spec.ok()) expect_same(to_json(*spec).dump(), written(parse_run_spec(to_json(*spec).dump())));
}

void run_result(std::string_view input) {
  const StatusOr<RunResult> result = parse_run_result(input);
  if (result.ok()) expect_same(to_json(*result).dump(), written(parse_run_result(to_json(*result).dump())));
  (void)parse_run_result(input, 2);
}

// The first byte chooses which.
void short_documents(std::string_view input) {
  if (input.empty()) return;
  const std::string_view text = input.substr(1);
  switch (input[0] % 3) {
    case 0:
      if (const auto failure = parse_failure(text); failure.ok())
        expect_same(to_json(*failure).dump(), written(parse_failure(to_json(*failure).dump())));
      return;
    case 1:
      if (const auto decision = parse_decision(text); decision.ok())
        expect_same(to_json(*decision).dump(), written(parse_decision(to_json(*decision).dump())));
      return;
    default:
      if (const auto treatment = parse_treatment(text); treatment.ok())
        expect_same(to_json(*treatment).dump(), written(parse_treatment(to_json(*treatment).dump())));
      return;
  }
}

void trainer_line(std::string_view input) { (void)parse_trainer_line(input); }

// As the trainer reads it, and as the agent makes it of whatever a coordinator sends for a spec.
void task_line(std::string_view input) {
  (void)parse_task(input);
  if (!is_one_json_line(input)) return;
  Lease lease{.attempt = {RunKey(std::string(64, 'a')), 1}, .run_spec_json = std::string(input)};
  TaskSettings settings{.work_dir = "/w"};
  const StatusOr<RunSpec> spec = parse_run_spec(input);
  if (spec.ok()) lease.files = all_file_sums(spec->dataset, spec->model);
  for (const std::string& sum : lease.files) settings.files[sum] = "/d";
  const StatusOr<std::string> line = evensweep::task_line(lease, settings);
  expect(line.ok() && is_one_json_line(*line), "a task is one line of JSON");
  if (spec.ok()) expect(parse_task(*line).ok(), "a trainer can read the task that an agent makes");
}

// Entries of the form before the log, and the log itself.
void spool_entry(std::string_view input) {
  if (const StatusOr<Update> end = parse_spool_entry(input); end.ok()) {
    const SpoolLog log = read_spool_log(std::string(kSpoolHeader) + spool_record(*end));
    expect(log.records.size() == 1 && log.damaged.empty(), "what was read can be written and read again");
  }
  for (const std::string& text : {std::string(input), std::string(kSpoolHeader).append(input)}) {
    const SpoolLog log = read_spool_log(text);
    expect(log.whole <= text.size(), "nothing is whole beyond the end");
    expect(log.damaged.size() == log.reasons.size(), "a reason for everything that is set aside");
    for (const SpoolLog::Found& found : log.records)
      expect(found.offset + found.bytes <= log.whole, "records lie within what is whole");
  }
}

void names(std::string_view input) {
  if (const StatusOr<Address> address = parse_address(input); address.ok()) {
    const StatusOr<Address> again = parse_address(address->text());
    expect(again.ok() && again->text() == address->text(), "an address is read as it is written");
    (void)address->is_local();
  }
  (void)parse_reference(input);
  (void)is_trainer_name(input);
}

}  // namespace evensweep::fuzz

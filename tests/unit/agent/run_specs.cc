#include "tests/unit/agent/run_specs.h"

#include "common/model/json.h"

namespace evensweep {

RunSpec spec_of_seed(uint64_t seed) {
  RunSpec spec;
  spec.dataset.format = DatasetFormat::kCsv;
  spec.dataset.train_files = {{"", kDataHash}};
  spec.dataset.columns.label = "label";
  spec.dataset.split = {0.2, 0.2, std::nullopt};
  spec.model = {"mlp", {8}, 0};
  spec.seed = seed;
  spec.treatment.class_weights = {1.5, 0.5};
  spec.trainer = kTrainerNumerics;
  return spec;
}

Lease lease_of_seed(uint64_t seed, uint32_t number, const std::string& trainer) {
  RunSpec spec = spec_of_seed(seed);
  spec.trainer = trainer;
  std::string text = to_json(spec).dump();
  return {.attempt = {run_key_of_text(text), number},
          .run_spec_json = std::move(text),
          .trainer = trainer,
          .classes = 2,
          .files = {kDataHash}};
}

RunFinished finished(const AttemptId& attempt, StatusOr<std::string> result_json) {
  RunFinished finished{.attempt = attempt};
  add_result(finished, std::move(result_json));
  return finished;
}

std::string small_result() {
  RunResult result;
  result.validation = {2, {3, 1, 0, 4}};
  result.test = {2, {1, 1, 0, 2}};
  result.test_predictions = {0, 1, 1, 1};
  result.curve = {{1, 0.5, 0.9, 0.1}};
  return to_json(result).dump();
}

}  // namespace evensweep

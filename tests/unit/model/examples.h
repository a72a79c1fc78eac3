#pragma once
// Small complete documents of the model, for tests to change one thing in.

#include <string>

#include "common/model/expand.h"
#include "common/model/json.h"

namespace evensweep {

inline Sweep example_sweep() {
  Sweep sweep;
  sweep.name = "digits";
  sweep.dataset = {.name = "digits",
                   .format = DatasetFormat::kCsv,
                   .train_files = {{.path = "data/digits.csv", .sha256 = std::string(64, 'a')}},
                   .validation_files = {},
                   .test_files = {},
                   .columns = {.label = "digit", .features = {}},
                   .split = {.validation_fraction = 0.2, .test_fraction = 0.25, .seed = std::nullopt}};
  sweep.classes = {.names = {"0", "1"}, .train = {60, 30}, .validation = {20, 10}, .test = {25, 12}};
  sweep.model = {.name = "mlp", .hidden = {32}, .dropout = 0.1};
  sweep.training.epochs = 3;
  sweep.seeds = {0, 1, 18446744073709551615ULL};
  sweep.arms = {{.method = "tpr_weighting", .parameters = {{"gamma", 2}}, .options = {}},
                {.method = "effective_number", .parameters = {{"beta", 0.999}}, .options = {{"counts", "tpr"}}}};
  sweep.analysis.primary = "tpr_weighting(gamma=2)";
  sweep.resources.slots = 2;
  return sweep;
}

inline RunSpec example_run_spec() { return make_run_spec(example_sweep(), 7, unit_treatment(2)); }

inline RunResult example_result() {
  return {.validation = {.classes = 2, .counts = {18, 2, 1, 9}},
          .test = {.classes = 2, .counts = {2, 1, 0, 3}},
          .test_predictions = {0, 0, 1, 1, 1, 1},
          .curve = {{.epoch = 1, .train_loss = 0.5, .validation_accuracy = 0.9, .lr = 0.1}},
          .model_parameters = 4810,
          .times = {.train_seconds = 1.25,
                    .evaluate_seconds = 0.5,
                    .examples_per_second = 2e4,
                    .finished_at = "2026-11-23T10:00:00Z"},
          .environment = {
              .trainer = "evensweep-trainer 0.1.0", .libtorch = "2.11.0", .device = "cpu (AVX2)", .threads = 1}};
}

// The document after one change: at the JSON pointer `place` there is `value` now.
inline std::string changed(Json document, const std::string& place, const Json& value) {
  document[Json::json_pointer(place)] = value;
  return document.dump();
}

inline std::string without(Json document, const std::string& place, const std::string& key) {
  document[Json::json_pointer(place)].erase(key);
  return document.dump();
}

}  // namespace evensweep

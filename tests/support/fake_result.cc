#include "tests/support/fake_result.h"

#include "common/base/rng.h"
#include "common/model/json.h"

namespace evensweep {
namespace {

ConfusionMatrix confusion_for(const std::string& run, const char* split, int64_t classes) {
  Rng rng(std::strtoull(run.substr(0, 16).c_str(), nullptr, 16), split);
  ConfusionMatrix matrix{classes, {}};
  for (int64_t truth = 0; truth < classes; ++truth) {
    int64_t right = 10 * classes;
    for (int64_t guess = 0; guess < classes; ++guess) {
      const auto wrong = truth == guess ? int64_t{0} : static_cast<int64_t>(rng.below(5));
      matrix.counts.push_back(wrong);
      right -= wrong;
    }
    matrix.counts[static_cast<size_t>(truth * classes + truth)] = right;
  }
  return matrix;
}

}  // namespace

std::string fake_result_json(const std::string& run, int64_t classes) {
  RunResult result;
  result.validation = confusion_for(run, "validation", classes);
  result.test = confusion_for(run, "test", classes);
  for (int64_t truth = 0; truth < classes; ++truth)
    for (int64_t guess = 0; guess < classes; ++guess)
      result.test_predictions.insert(result.test_predictions.end(), static_cast<size_t>(result.test.at(truth, guess)),
                                     static_cast<uint16_t>(guess));
  result.curve = {{1, 0.5, 0.9, 0.1}};
  result.model_parameters = 42;
  result.times = {0.5, 0.1, 1000, "2026-01-01T00:00:00Z"};
  result.environment = {"fake_trainer 1", "none", "cpu", 1};
  return to_json(result).dump();
}

}  // namespace evensweep

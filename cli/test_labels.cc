#include "cli/test_labels.h"

#include <algorithm>

#include "common/dataset/dataset.h"

namespace evensweep {
namespace {

bool has_predictions(const SweepResults& results) {
  return std::any_of(results.runs.begin(), results.runs.end(),
                     [](const auto& run) { return run.second.result && !run.second.result->test_predictions.empty(); });
}

}  // namespace

TestLabels read_test_labels(const Sweep& sweep, const SweepResults& results) {
  TestLabels labels;
  if (!has_predictions(results)) return labels;
  const StatusOr<Dataset> data = load_dataset(sweep.dataset);
  if (!data.ok()) return labels;
  for (const uint64_t seed : sweep.seeds) {
    const StatusOr<SplitRows> rows = split_rows(sweep.dataset, *data, seed);
    if (!rows.ok()) continue;
    for (const uint32_t row : rows->test) labels[seed].push_back(data->labels[row]);
  }
  return labels;
}

}  // namespace evensweep

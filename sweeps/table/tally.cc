#include "sweeps/table/tally.h"

#include <algorithm>

namespace evensweep {

RunTally& Tally::run(size_t arm, size_t seed, int64_t line) {
  const uint64_t key = uint64_t{arm} << 32 | seed;
  if (key == last_key_) return runs_[last_];
  const auto [known, is_new] = index_.try_emplace(key, runs_.size());
  if (is_new) runs_.push_back({.arm = arm, .seed = seed, .line = line});
  last_key_ = key;
  last_ = known->second;
  return runs_[last_];
}

bool Tally::add_counts(RunTally& run, size_t truth, const ClassTally& counts) {
  ClassTally& known = class_of(run, truth);
  if (known.line != 0) return false;
  known = counts;
  return true;
}

void Tally::add_prediction(RunTally& run, size_t truth, size_t predicted, int64_t line) {
  ClassTally& counts = class_of(run, truth);
  if (counts.line == 0) counts.line = line;
  ++counts.total;
  if (truth == predicted) ++counts.correct;
  const size_t classes = std::max(truth, predicted) + 1;
  if (classes > kMostConfusedClasses) return;
  if (classes > run.stride) widen(run, classes);
  ++run.confusions[truth * run.stride + predicted];
}

ClassTally& Tally::class_of(RunTally& run, size_t truth) {
  if (truth >= run.classes.size()) {
    cells_ += truth + 1 - run.classes.size();
    run.classes.resize(truth + 1);
  }
  return run.classes[truth];
}

void Tally::widen(RunTally& run, size_t classes) {
  const size_t stride = std::min(kMostConfusedClasses, std::max({classes, 2 * run.stride, size_t{4}}));
  std::vector<int64_t> wider(stride * stride);
  for (size_t row = 0; row < run.stride; ++row)
    std::copy_n(run.confusions.begin() + static_cast<std::ptrdiff_t>(row * run.stride), run.stride,
                wider.begin() + static_cast<std::ptrdiff_t>(row * stride));
  cells_ += wider.size() - run.confusions.size();
  run.confusions = std::move(wider);
  run.stride = stride;
}

}  // namespace evensweep

#pragma once
// The sums of a table while its rows come in. Internal to sweeps/table.

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "sweeps/table/place.h"

namespace evensweep {

// Confusions are kept up to this many classes; beyond, no report shows them and their memory grows with the square.
inline constexpr size_t kMostConfusedClasses = 100;

struct ClassTally {
  int64_t correct = 0, total = 0;
  int64_t line = 0;  // of the first row; 0: none
};

struct RunTally {
  size_t arm = 0, seed = 0;
  int64_t line = 0;                 // of the first row
  std::vector<ClassTally> classes;  // may end early
  std::vector<int64_t> confusions;  // stride x stride, rows are true classes
  size_t stride = 0;
};

class Tally {
 public:
  // The run of an arm at a seed, made when it is met first. Valid until the next call.
  RunTally& run(size_t arm, size_t seed, int64_t line);
  // False where the run has counts of this class; `at` says since where.
  bool add_counts(RunTally& run, size_t truth, const ClassTally& counts);
  void add_prediction(RunTally& run, size_t truth, size_t predicted, int64_t line);

  // Whether the sums need more memory than a table of results can mean (about 500 MB).
  bool too_large() const { return cells_ > kMostCells; }
  const std::vector<RunTally>& runs() const { return runs_; }

 private:
  static constexpr size_t kMostCells = 20'000'000;

  ClassTally& class_of(RunTally& run, size_t truth);
  void widen(RunTally& run, size_t classes);

  std::unordered_map<uint64_t, size_t> index_;
  std::vector<RunTally> runs_;
  uint64_t last_key_ = UINT64_MAX;
  size_t last_ = 0, cells_ = 0;
};

}  // namespace evensweep

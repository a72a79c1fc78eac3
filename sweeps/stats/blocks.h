#pragma once
// Which runs of a sweep are compared with which. Internal to sweeps/stats.

#include <optional>
#include <string>
#include <vector>

#include "sweeps/stats/evidence.h"

namespace evensweep {

// What one trial gave.
struct Cell {
  std::optional<RunKey> run;
  std::optional<ModelMetrics> metrics;
  bool diverged = false;
  std::string lacking;  // why there are no metrics
};

struct ArmCells {
  Arm arm;
  std::vector<Cell> cells;  // one for each seed of the sweep, in its order
  bool control = false;     // no candidate: no other arm loses a block where it lacks a result
  bool identity = false;
  int64_t diverged = 0;
  bool out = false;  // the method itself failed: it is not tested, and no other arm loses a block for it
};

struct Blocks {
  std::vector<Cell> baseline;    // one for each seed
  std::vector<ArmCells> arms;    // in sweep order
  std::vector<size_t> complete;  // indices of seeds in which the baseline and all tested arms have results
  std::vector<Missing> missing;
};

Blocks arrange_blocks(const SweepResults& results);

}  // namespace evensweep

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
  bool needed = true;   // else the design left it out
};

struct ArmCells {
  Arm arm;
  std::vector<Cell> cells;  // one for each seed of the sweep, in its order
  bool control = false;     // no candidate: no other arm loses a block where it lacks a result
  bool identity = false;
  int64_t diverged = 0;
  bool out = false;  // the method itself failed: it is not tested, and no other arm loses a block for it
  const DesignDecision* decision = nullptr;  // the last one about this arm; absent: none yet, or no such design
  ArmFate fate = ArmFate::kGoesOn;           // by that decision
  std::optional<double> p;                   // by that decision, of a look
  bool is_left_out() const { return fate == ArmFate::kNotSelected || fate == ArmFate::kRacedOut; }
};

struct Blocks {
  std::vector<Cell> baseline;    // one for each seed
  std::vector<ArmCells> arms;    // in sweep order
  std::vector<size_t> complete;  // indices of seeds in which the baseline and all tested arms have results
  std::vector<Missing> missing;
};

Blocks arrange_blocks(const SweepResults& results);

}  // namespace evensweep

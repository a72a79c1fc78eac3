#pragma once
// What was decided while a sweep ran: which arms get further seeds. A decision is made once, stored, and stays.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/model/spec.h"

namespace evensweep {

enum class StageKind {
  kRacing,     // on selection seeds: arms that fall behind are dropped
  kSelection,  // after the last selection seed: which arms are confirmed
  kLook        // at the sweep's seeds: which arms are decided
};
const char* stage_kind_name(StageKind kind);  // "racing", "selection", "look"

enum class ArmFate {
  kGoesOn,
  kIdentity,     // trains as the baseline does: nothing to compare
  kFailed,       // diverged, or has no result at all
  kRacedOut,     // fell behind on the selection seeds
  kNotSelected,  // others were better on the selection seeds
  kEffective,    // the look rejects "no reduction"
  kFutile,       // too unlikely to be found effective by the last look
  kNotShown      // the last look, and not rejected
};
const char* arm_fate_name(ArmFate fate);  // "goes on", "identity", "failed", "raced out", "not selected", ...

struct ArmAtDecision {
  uint32_t arm = 0;  // 1 is the sweep's first arm
  ArmFate fate = ArmFate::kGoesOn;
  std::optional<double> mean = {};               // of D_u over the blocks: of validation data where arms are selected
  std::optional<double> p = {};                  // at a look: sequential, adjusted for the family
  std::optional<double> conditional_power = {};  // at a look before the last
};

struct DesignDecision {
  StageKind kind = StageKind::kLook;
  int64_t look = 0;                  // of a look: its number, from 1
  int64_t seeds = 0;                 // of its kind that had been used up, in the declared order
  std::vector<uint64_t> blocks;      // those of them that are complete: what was decided from
  std::vector<ArmAtDecision> arms;   // all that had these seeds
  std::optional<double> scale = {};  // kSelection: standard deviation of D_u within arms, for an e-process
};

// A reason for people, where an arm got no more seeds: "stopped for futility at look 2"; empty for kGoesOn.
std::string fate_words(const DesignDecision& decision, ArmFate fate);

// Looks where a sweep file names none: from a quarter of the seeds on, at every twelfth, but not before the third; of
// an e-process at every seed from the fourth.
std::vector<int64_t> default_looks(int64_t seeds, const std::string& rule);

struct SweepResults;
// Says of each trial without a run whether the decisions leave it out, and why.
void mark_not_needed(SweepResults& results);

}  // namespace evensweep

#pragma once
// What people write for a sweep, a trial or an agent, and which one they mean. A sweep is its name, where one sweep
// alone has it, or the beginning of its id (at least kShortestPrefix characters); a trial is SWEEP/ARM/SEED, ARM an
// index (0: the baseline) or the arm's name, SEED a number as declared. Errors are one line and say what was probably
// meant.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/base/status.h"
#include "common/model/ids.h"
#include "common/model/spec.h"

namespace evensweep {

inline constexpr size_t kShortestPrefix = 4;

struct Reference {
  std::string sweep;
  std::string arm, seed;  // both empty: the sweep as a whole
  bool is_trial() const { return !seed.empty(); }
};
// InvalidArgument unless it is SWEEP or SWEEP/ARM/SEED.
StatusOr<Reference> parse_reference(std::string_view text);

struct NamedSweep {
  SweepId id;
  std::string name;
  int64_t submitted_at = 0;  // milliseconds since 1970
};
// NotFound where none is meant, InvalidArgument where several are; the message lists them.
StatusOr<SweepId> find_sweep(std::string_view text, std::span<const NamedSweep> sweeps);

// Arm 0 is the baseline, arm i + 1 is sweep.arms[i]; the seed is a position in all_seeds(sweep).
struct TrialPosition {
  uint32_t arm = 0, seed = 0;
};
StatusOr<TrialPosition> find_trial(const Reference& reference, const Sweep& sweep);

// The whole id, or the beginning of one alone, of at least a character.
StatusOr<AgentId> find_agent(std::string_view text, std::span<const AgentId> agents);

}  // namespace evensweep

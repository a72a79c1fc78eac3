#pragma once

#include <string>

#include "agent/core/trainer_contract.h"
#include "common/model/link.h"
#include "common/model/spec.h"

namespace evensweep {

// The data file that the specs below train on.
inline constexpr char kDataHash[] = "00000000000000000000000000000000000000000000000000000000000000da";

RunSpec spec_of_seed(uint64_t seed);
// A lease of a small valid spec; each seed is another run.
// What a trainer says at the end of a run, its result read.
RunFinished finished(const AttemptId& attempt, StatusOr<std::string> result_json);

Lease lease_of_seed(uint64_t seed, uint32_t number = 1, const std::string& trainer = kTrainerNumerics);
// A result that fits the spec.
std::string small_result();

}  // namespace evensweep

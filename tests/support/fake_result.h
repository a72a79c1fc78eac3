#pragma once
// Results of trainings that never were.

#include <cstdint>
#include <string>

namespace evensweep {

// A valid result as JSON, the same for the same run key on every machine: ten examples a class for each class in either
// split, the same numbers of each class for all runs, as it is with one test set. `run` is a run key, 64 hexadecimal
// characters.
std::string fake_result_json(const std::string& run, int64_t classes);

}  // namespace evensweep

#pragma once
// What every way in to a coordinator checks of a request before it asks Control, so that all of them allow the same.

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/status.h"
#include "common/model/ids.h"
#include "coordinator/host/control.h"

namespace evensweep::coordinator {

inline constexpr uint32_t kMostSweeps = 1000;  // of a page, and what is usual
inline constexpr uint32_t kUsualTrials = 1000;
inline constexpr uint32_t kMostTrials = 10'000;

// All of these are InvalidArgument with one line that says what would be right.
Status check_request_id(std::string_view id);
// What a person would write for a `what`: "sweep", "trial", "agent".
StatusOr<std::string> reference_of(const std::string& text, const char* what);
StatusOr<RunKey> run_key_of(const std::string& text);
Status check_sweep_file(const SweepFile& file);
Status check_extends(const std::string& id);  // empty: none

}  // namespace evensweep::coordinator

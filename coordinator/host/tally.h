#pragma once
// What a coordinator has done since its process started, counted for whoever watches it from outside. Pure: fed with
// the records that were committed.

#include <absl/container/flat_hash_map.h>

#include <array>
#include <cstdint>
#include <span>
#include <utility>

#include "common/base/clock.h"
#include "coordinator/core/step.h"
#include "coordinator/host/control.h"

namespace evensweep::coordinator {

class Tally {
 public:
  void note(std::span<const Record> records, TimePoint now);
  void note_store_failure() { ++counts_.store_failures; }
  const Counts& counts() const { return counts_; }

 private:
  Counts counts_;
  absl::flat_hash_map<std::pair<RunId, uint32_t>, TimePoint> open_;  // attempts, since when
};

}  // namespace evensweep::coordinator

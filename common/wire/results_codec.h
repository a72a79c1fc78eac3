#pragma once
// A sweep's results as a stream of parts, none of them larger than one training's result.

#include <cstddef>
#include <map>
#include <optional>
#include <utility>

#include "common/base/status.h"
#include "common/model/result.h"
#include "common/model/views.h"
#include "evensweep/v1/sweeps.pb.h"

namespace evensweep {

// Part by part, so that one alone need be in memory.
class ResultsEncoder {
 public:
  explicit ResultsEncoder(StoredSweep stored) : stored_(std::move(stored)), run_(stored_.results.runs.begin()) {}
  ResultsEncoder(const ResultsEncoder&) = delete;
  ResultsEncoder& operator=(const ResultsEncoder&) = delete;
  // Absent: that was all.
  std::optional<v1::ResultsPart> next();

 private:
  v1::ResultsPart trials();
  v1::ResultsPart run();

  StoredSweep stored_;
  bool begun_ = false;
  size_t trial_ = 0;
  std::map<RunKey, RunOutcome>::const_iterator run_;
  size_t decision_ = 0;
};

// Puts the parts together and checks them: InvalidArgument names what is wrong or missing.
class ResultsDecoder {
 public:
  Status add(const v1::ResultsPart& part);
  StatusOr<StoredSweep> finish() &&;

 private:
  Status begin(const v1::SweepDefinition& proto);
  Status add_trial(const v1::TrialOutcome& proto);
  Status add_run(const v1::RunOutcome& proto);

  std::optional<StoredSweep> stored_;
  size_t trials_ = 0;  // that have come
};

}  // namespace evensweep

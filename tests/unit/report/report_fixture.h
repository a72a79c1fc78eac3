#pragma once
// Results of synthetic sweeps, and checkers of the documents made of them.

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "sweeps/report/report.h"
#include "sweeps/stats/evidence.h"
#include "tests/support/synthetic_results.h"

namespace evensweep {

inline Json json_of(const SweepResults& results) {
  const StatusOr<Evidence> evidence = weigh(results);
  EXPECT_TRUE(evidence.ok()) << evidence.status();
  return evidence.ok() ? results_json(results, *evidence) : Json();
}
inline Json json_of(const SyntheticOptions& options) { return json_of(synthetic_results(options)); }

inline constexpr char kHostile[] = "<img src=x onerror=alert(1)>\"'|`*_[a](javascript:alert(1))&amp;\x1b[31m\n=1+1";

// A failed baseline, a run that never finished, an identity arm, and hostile text wherever text comes from outside.
inline SyntheticOptions hostile_options() {
  SyntheticOptions options;
  options.name = kHostile;
  options.classes = 4;
  options.class_names = {kHostile, "=HYPERLINK(\"http://x\")", "</style></svg><script>alert(1)</script>", "]]>--><x"};
  options.notes = {kHostile};
  options.device = kHostile;
  options.arms = synthetic::standard_arms();
  options.arms[3].arm.options["counts"] = kHostile;
  options.losses = {
      {.arm = 0, .seed = 1, .is_failure = true, .failure = {FailureClass::kOutOfMemory, kHostile, kHostile}},
      {.arm = 2, .seed = 3, .is_failure = false, .failure = {}}};
  return options;
}

inline SyntheticOptions with_size(size_t classes, size_t seeds, size_t arms) {
  SyntheticOptions options;
  options.classes = classes;
  options.seeds = seeds;
  options.test_per_class = 60;
  for (size_t i = 0; i < arms; ++i)
    options.arms.push_back({.arm = {"tpr_weighting", {{"gamma", 0.25 * static_cast<double>(i + 1)}}, {}},
                            .pull = 0.03 * static_cast<double>(i),
                            .accuracy_change = 0,
                            .identity = false});
  return options;
}

}  // namespace evensweep

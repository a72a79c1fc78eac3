#pragma once
// Tests of paired differences d_i, one for each block. docs/statistics.md gives the formulas and their sources.

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace evensweep {

enum class PairedStatus { kOk, kTooFew, kAllZero, kZeroVariance };

struct PairedSummary {
  int64_t n = 0;
  PairedStatus status = PairedStatus::kTooFew;
  double mean = 0, sd = 0, se = 0;  // sd with n - 1
  double t = 0;                     // mean / se
  std::optional<double> p_two_sided, p_greater, p_less;  // Student t, n - 1 degrees of freedom
  double ci_low = 0, ci_high = 0;   // two-sided, level 1 - alpha
};

struct SignFlip {
  int64_t n = 0;
  bool exact = true;  // all 2^n sign vectors; else drawn with the +1 rule
  std::optional<double> p_two_sided, p_greater, p_less;
};

}  // namespace evensweep

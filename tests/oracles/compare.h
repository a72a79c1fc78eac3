#pragma once
// The rule by which an answer passes an oracle case.

#include <map>
#include <optional>
#include <string>

#include "tests/oracles/registry.h"

namespace evensweep {

struct CompareRule {
  double tolerance = 0;   // numbers: |got - want| <= tolerance * max(1, |want|)
  bool absolute = false;  // ... <= tolerance, for approximate cases
  bool relative = false;  // ... <= tolerance * |want|, where that is what matters: variances are of the order 1e-5
  // By key, instead of `tolerance`: how closely the oracle itself solved for that number.
  std::map<std::string, double> solved_within = {};
};

// Empty where `got` has everything that `want` has, within the rule; else the first difference with its path, as
// "p.greater: got 0.5, want 0.25". Keys of `got` that `want` lacks are not compared.
std::optional<std::string> first_difference(const Json& got, const Json& want, const CompareRule& rule);

}  // namespace evensweep

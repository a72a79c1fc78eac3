#pragma once
// Almost stochastic order (del Barrio, Cuesta-Albertos and Matran 2018; Dror, Shlomov and Reichart 2019). Formula:
// docs/statistics.md, "Almost stochastic order". It compares two samples of scores as they are, not in pairs.

#include <optional>
#include <span>

namespace evensweep {

// How far sample `a` is from being stochastically larger than `b`: of the squared distance between both quantile
// functions, the share that lies where a's is the lower. 0: a is larger everywhere; 1: smaller everywhere. Exact, as
// the quantile functions are steps; O(n log n). Absent where a sample is empty or not finite, or both have the same
// quantiles.
std::optional<double> aso_violation_ratio(std::span<const double> a, std::span<const double> b);

}  // namespace evensweep

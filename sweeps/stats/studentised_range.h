#pragma once
// The range of k independent standard normal numbers: the studentised range with infinite degrees of freedom
// (Tukey 1953), which Nemenyi's test needs. Total functions: outside the domain they give NaN.

#include <cstdint>

namespace evensweep {

// P(largest - smallest of k > q), k from 2 on, to about 1e-12 of itself. 1 where q <= 0.
double studentised_range_sf(double q, int64_t k);

// The q with P(largest - smallest > q) = tail; 0 < tail < 1.
double studentised_range_upper(double tail, int64_t k);

}  // namespace evensweep

#pragma once

#include <cstdint>

#include "agent/trainer/aten.h"

namespace evensweep {

// For each of these rows of a table ([n, width] float32, on the CPU) the k nearest other ones, nearest first, by
// Euclidean distance: [rows, k] int64, positions in the table. 0 < k < n. By matrix products in float32, for rows too
// wide or too many for nearest_neighbours (sweeps/methods/smote.h), which it agrees with up to rounding and ties.
at::Tensor nearest_rows(const at::Tensor& table, const at::Tensor& rows, int64_t k);

}  // namespace evensweep

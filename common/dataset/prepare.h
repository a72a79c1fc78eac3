#pragma once
// What is learned from a table is learned from its training rows alone: by what numbers are standardised, what stands
// in for missing ones, which names there are.

#include <cstdint>
#include <span>
#include <vector>

#include "common/dataset/dataset.h"

namespace evensweep {

struct PreparedTable {
  // rows x features, row-major. A number is standardised by mean and (population) standard deviation of the training
  // rows, one that is constant there only centred; a missing one is their mean or median. A name is 1 and up by its
  // place in Dataset::levels, or 0 where no training row has it, so that nothing untrained is ever looked up.
  std::vector<float> values;
  std::vector<int64_t> levels;  // of each feature: how many names it has; 0: numbers

  size_t features() const { return levels.size(); }
};

// `train` are rows of the data set, at least one. A column of numbers that no training row has is 0 throughout.
PreparedTable prepare_table(const Dataset& dataset, std::span<const uint32_t> train);

// How wide a row is with a column of 0 and 1 for each name in place of the names.
int64_t one_hot_width(const PreparedTable& table);
// Writes the row of `features()` prepared values as one_hot_width() numbers; the name 0 is all zeros.
void write_one_hot(const PreparedTable& table, const float* row, float* out);

}  // namespace evensweep

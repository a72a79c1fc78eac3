#pragma once
// What may make the results of a data set worth less than they look.

#include <cstdint>
#include <string>
#include <vector>

#include "common/dataset/dataset.h"

namespace evensweep {

struct UnseenNames {
  std::string column;
  int64_t validation = 0, test = 0;  // cells whose name is in no training row
};

struct DatasetInspection {
  int64_t duplicates = 0;                        // rows whose features and label an earlier row has
  int64_t contradictions = 0;                    // rows whose features an earlier row has with another label
  int64_t validation_leaks = 0, test_leaks = 0;  // rows there whose features a training row has
  std::vector<UnseenNames> unseen;               // of the columns that have any
};

// Rows are equal if all features are, all pixels, or all characters.
DatasetInspection inspect(const Dataset& dataset, const SplitRows& split);

}  // namespace evensweep

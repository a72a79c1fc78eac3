#pragma once
// Which column of a table is what. Internal to sweeps/table.

#include <string>
#include <string_view>
#include <vector>

#include "sweeps/table/place.h"

namespace evensweep {

enum class TableForm { kCounts, kWideCounts, kPredictions };
const char* table_form_name(TableForm form);  // "counts", "wide counts", "predictions"

struct TableColumns {
  struct Setting {
    size_t column = 0;
    std::string name;
  };

  TableForm form = TableForm::kCounts;
  std::vector<std::string> names;  // of all columns
  size_t method = 0, seed = 0;
  size_t truth = 0;                                 // class or label
  size_t prediction = 0;                            // predictions
  size_t correct = 0, total = 0;                    // counts; wide counts: of the rebalanced model
  size_t baseline_correct = 0, baseline_total = 0;  // wide counts
  std::vector<Setting> settings;                    // all others: hyperparameters
};

// InvalidArgument for a column that lacks, is there twice, has no name or is of another form.
StatusOr<TableColumns> read_table_header(std::string_view record, const TablePlace& place);

}  // namespace evensweep

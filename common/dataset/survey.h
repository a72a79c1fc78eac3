#pragma once
// What a CSV file of which nothing is known seems to hold, and how a sweep might read it: for people to look at and
// correct, never used in training as it is.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "common/model/spec.h"

namespace evensweep {

enum class ColumnKind {
  kNumber,
  kCategory,    // names, each on several rows
  kConstant,    // one value throughout
  kIdentifier,  // tells rows apart: nearly every row has its own name, or whole numbers that count the rows
  kMixed,       // mostly numbers, but some cells are none and no usual word for a missing one
  kEmpty,       // nothing but missing cells
};
const char* kind_word(ColumnKind kind);  // "number", "category", ...

struct ColumnSurvey {
  std::string name;
  ColumnKind kind = ColumnKind::kEmpty;
  int64_t missing = 0;                     // cells that are empty or hold a usual word for a missing value
  std::vector<std::string> missing_words;  // these, each once
  int64_t distinct = 0;                    // different values, at most kMostDistinct are told apart
  double least = 0, most = 0;              // of numbers
  std::string odd_cell;                    // mixed: `"4 cm" in line 7`

  static constexpr int64_t kMostDistinct = 70'000;
};

struct TableSurvey {
  bool header = true;  // false: the first line is a row, and the columns are named c1, c2, ...
  int64_t rows = 0;
  std::vector<ColumnSurvey> columns;
};

// InvalidArgument, "path:line:column: what": not UTF-8 text, cells that are not separated by commas, rows of different
// lengths, fewer than two columns, no rows.
StatusOr<TableSurvey> survey_csv(const std::string& path, std::string_view text);

struct LabelChoice {
  std::string name;
  std::string why;  // words for people; empty: it was asked for
};
// The column with the classes, by the rules of propose_dataset.
StatusOr<LabelChoice> choose_label(const TableSurvey& survey, const std::string& path, const std::string& label);

// A data set of the one file: `label`, or where that is empty a column with a usual name for one, or the last or first
// column of few different values, names before numbers; all other columns that say something; categories by their kind
// (as embeddings where one has more than 1,000 names), missing words as found, 70 % / 15 % / 15 %. InvalidArgument if
// there is no such label column, or none is found.
StatusOr<DatasetSpec> propose_dataset(const TableSurvey& survey, const std::string& path, const std::string& label);

}  // namespace evensweep

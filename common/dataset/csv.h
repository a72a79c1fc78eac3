#pragma once
// CSV data files. Internal to common/dataset.
//
// A header line, unless the spec names the columns, then one row a line; cells are separated by commas and may stand in
// double quotes ("" is a quote within them). Lines end with LF or CRLF; a UTF-8 byte order mark and empty lines at the
// end are passed over.

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/status.h"
#include "common/dataset/csv_cells.h"
#include "common/dataset/dataset.h"
#include "common/dataset/text_rows.h"
#include "common/model/spec.h"

namespace evensweep {

// Collects the rows of several files that have one header.
class CsvReader {
 public:
  // With `texts` the features are cells of text, which go there; else they are numbers or, where they are categorical,
  // names.
  CsvReader(const CsvColumns& columns, Dataset& into, TextRows* texts = nullptr)
      : columns_(columns), into_(into), texts_(texts) {
    into_.columns = columns;
  }

  // Appends the rows of one file. InvalidArgument: "path:line:column: what; what to do".
  Status read(const std::string& path, std::string_view text);
  // Puts classes (numeric if every label is a whole number, else by bytes) and names of categorical columns (by bytes)
  // in order once all files are read. InvalidArgument for columns that hold identifiers rather than categories.
  Status finish();

 private:
  // The different names in a column, numbered as they are met.
  struct Names {
    std::unordered_map<std::string, uint32_t> numbers;
    std::vector<std::string> list;
    std::vector<std::string> places;  // where each was met first
  };

  // csv_columns.cc: which column is what.
  Status begin_file(std::string_view first_line);
  Status read_header(std::string_view line);
  Status check_same_header(const std::vector<std::string>& header) const;
  Status choose_columns();
  Status choose_features(size_t label_column);
  Status choose_categorical();

  // csv.cc
  Status read_row(std::string_view line);
  Status read_feature(const CsvCell& cell, size_t column);
  Status read_text(const CsvCell& cell);
  Status read_level(const CsvCell& cell, size_t column);
  Status read_label(const CsvCell& cell);
  Status end_row();
  // The number of the cell's name, or what is wrong with it. `what` is "label" or "name".
  StatusOr<uint32_t> read_name(const CsvCell& cell, Names& names, const char* what);
  bool is_missing(const CsvCell& cell) const;
  Status empty_cell(const CsvCell& cell, size_t column) const;
  Status order_labels();
  Status order_levels(size_t feature);
  Status error(size_t column, std::string_view what) const;
  std::string place(size_t column) const;

  enum class Use : char { kIgnored, kNumber, kName, kLabel };

  const CsvColumns& columns_;
  Dataset& into_;
  TextRows* texts_;
  std::string path_, first_path_;
  size_t line_ = 0;
  std::vector<std::string> header_;
  std::vector<Use> uses_;      // of each column
  std::vector<size_t> slots_;  // of each feature column: where in the row its number goes
  Names labels_;
  std::vector<Names> levels_;  // of each feature
  int64_t missing_numbers_ = 0, missing_names_ = 0;
  std::string scratch_;
};

// Whether the text is a finite number as a cell may hold it.
bool is_csv_number(std::string_view text);

}  // namespace evensweep

#pragma once
// CSV data files. Internal to common/dataset.
//
// A header line, then one row a line; cells are separated by commas and may stand in double quotes ("" is a quote
// within them). Lines end with LF or CRLF; a UTF-8 byte order mark and empty lines at the end are passed over.

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
  // With `texts` the features are cells of text, which go there; else they are numbers.
  CsvReader(const CsvColumns& columns, Dataset& into, TextRows* texts = nullptr)
      : columns_(columns), into_(into), texts_(texts) {}

  // Appends the rows of one file. InvalidArgument: "path:line:column: what; what to do".
  Status read(const std::string& path, std::string_view text);
  // Puts the classes in order (numeric if every label is a whole number, else by bytes) once all files are read.
  Status finish();

 private:
  struct Label {
    std::string name;
    std::string place;  // where it was met first
  };

  Status read_header(std::string_view line);
  Status choose_columns();
  Status choose_features(size_t label_column);
  Status check_same_header(const std::vector<std::string>& header) const;
  Status read_row(std::string_view line);
  Status read_feature(const CsvCell& cell, size_t column);
  Status read_text(const CsvCell& cell);
  Status read_label(const CsvCell& cell);
  Status end_row();
  Status error(size_t column, std::string_view what) const;
  std::string place(size_t column) const;

  enum class Use : char { kIgnored, kFeature, kLabel };

  const CsvColumns& columns_;
  Dataset& into_;
  TextRows* texts_;
  std::string path_, first_path_;
  size_t line_ = 0;
  std::vector<std::string> header_;
  std::vector<Use> uses_;      // of each column
  std::vector<size_t> slots_;  // of each feature column: where in the row its number goes
  std::unordered_map<std::string, uint16_t> label_index_;
  std::vector<Label> labels_;
  std::string scratch_;
};

}  // namespace evensweep

#pragma once
// The texts of a data set as they are read. Internal to common/dataset.

#include <string>
#include <string_view>

#include "common/base/status.h"
#include "common/dataset/dataset.h"
#include "common/dataset/text.h"

namespace evensweep {

// Collects the texts of rows in a Dataset, and counts what preprocessing took away.
class TextRows {
 public:
  TextRows(const TextSpec& spec, Dataset& into);

  // One of the cells that make up a row's text; several are joined by a space. InvalidArgument: not UTF-8.
  Status add(std::string_view cell);
  // Closes the row. False: nothing is left of the text, or it must not be read (peifer), so the row is no part of the
  // data set. InvalidArgument: no text at all, or one that is too long.
  StatusOr<bool> end_row();
  // Writes down the counts.
  void finish();

 private:
  const TextSpec& spec_;
  TextEncoder encoder_;
  Dataset& into_;
  std::string text_;
  int64_t dropped_ = 0, touched_ = 0, titles_ = 0, foreign_ = 0, emptied_ = 0, cut_ = 0, longest_ = 0;
};

}  // namespace evensweep

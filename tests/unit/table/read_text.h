#pragma once

#include <string_view>

#include "sweeps/table/table.h"

namespace evensweep {

// Reads a table called t.csv from memory, in pieces of the given size.
inline StatusOr<ResultsTable> read_text(std::string_view text, size_t piece = 1 << 16) {
  TableReader reader("t.csv");
  for (size_t at = 0; at < text.size(); at += piece) EV_RETURN_IF_ERROR(reader.append(text.substr(at, piece)));
  return reader.finish();
}

}  // namespace evensweep

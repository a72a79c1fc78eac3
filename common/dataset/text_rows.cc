#include "common/dataset/text_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/base/text.h"
#include "common/dataset/csv_cells.h"

namespace evensweep {

TextRows::TextRows(const TextSpec& spec, Dataset& into) : spec_(spec), encoder_(spec), into_(into) {
  into_.symbols = encoder_.symbols();
  into_.space = encoder_.space();
  into_.text_begins = {0};
}

Status TextRows::add(std::string_view cell) {
  if (!valid_utf8(cell))
    return absl::InvalidArgumentError(fmt::format("the text {} is not UTF-8; convert the file", in_quotes(cell)));
  if (!text_.empty() && !cell.empty()) text_ += ' ';
  text_ += cell;
  return absl::OkStatus();
}

StatusOr<bool> TextRows::end_row() {
  const std::string text = std::exchange(text_, {});
  if (trimmed_blanks(text).empty()) return absl::InvalidArgumentError("no text; fill it in or delete the row");
  EncodedText encoded = encoder_.encode(text);
  titles_ += encoded.title_removed ? 1 : 0;
  dropped_ += encoded.dropped;
  touched_ += encoded.dropped > 0 ? 1 : 0;
  if (encoded.indices.empty()) {
    ++(encoded.left_out ? foreign_ : emptied_);
    return false;
  }
  const auto most = static_cast<size_t>(spec_.max_length);
  if (encoded.indices.size() > most && !spec_.cut)
    return absl::InvalidArgumentError(
        fmt::format("the text {} has {} characters after preprocessing, more than text.max_length, {}; raise it, or "
                    "set text.longer to cut",
                    in_quotes(text), encoded.indices.size(), most));
  if (encoded.indices.size() > most) {
    ++cut_;
    encoded.indices.resize(most);
  }
  longest_ = std::max(longest_, static_cast<int64_t>(encoded.indices.size()));
  into_.characters.insert(into_.characters.end(), encoded.indices.begin(), encoded.indices.end());
  into_.text_begins.push_back(into_.characters.size());
  return true;
}

void TextRows::finish() {
  const bool peifer = spec_.preprocessing == kPeiferText;
  into_.facts.push_back({"characters in the longest text", longest_});
  if (!peifer) {
    into_.facts.push_back({"characters dropped that the alphabet lacks", dropped_});
    into_.facts.push_back({"texts with dropped characters", touched_});
  } else {
    into_.facts.push_back({"titles removed", titles_});
    into_.facts.push_back({"rows left out for a character that the alphabet lacks", foreign_});
  }
  into_.facts.push_back({"rows left out because nothing is left of their text", emptied_});
  if (spec_.cut) into_.facts.push_back({"texts cut to the greatest length", cut_});
}

}  // namespace evensweep

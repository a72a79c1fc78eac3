#pragma once
// From UTF-8 to the indices that a model of characters reads. Internal to common/dataset, but for check_text_spec.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/status.h"
#include "common/model/spec.h"

namespace evensweep {

// InvalidArgument says what is wrong with the alphabet: no UTF-8, a character twice, a capital letter (texts are read
// in lower case), a character that is never left after normalisation, none or more than 255.
Status check_alphabet(std::string_view alphabet);

// A text as indices of the alphabet, from 1; 0 is left for padding.
struct EncodedText {
  std::vector<uint8_t> indices;
  int64_t dropped = 0;         // characters that the alphabet has no place for
  bool title_removed = false;  // peifer
  bool left_out = false;       // peifer: it has a character outside the alphabet
};

class TextEncoder {
 public:
  // The spec's alphabet must pass check_alphabet.
  explicit TextEncoder(const TextSpec& spec);

  // `text` must be UTF-8. Neither cut nor refused for its length.
  //
  // fold: NFC and lower case. A character that is in the alphabet stays; another one becomes what it looks like: its
  // compatibility decomposition (Unicode, annex 15) without diacritics, or for the letters, quotes, dashes and blanks
  // that have none what kLookalikes says. What then is not in the alphabet is dropped. Blanks at the ends go, runs of
  // them become one space.
  //
  // peifer, as in Peifer's experiment with names: lower case; the first word goes if it is dr, mr, ms, miss or mrs;
  // then blanks at the ends. A text with any character outside the alphabet is left out.
  EncodedText encode(std::string_view text) const;

  int64_t symbols() const { return symbols_; }     // indices, padding included
  uint8_t space() const { return index_of(' '); }  // 0: not in the alphabet

 private:
  uint8_t index_of(int32_t code_point) const;
  void fold(int32_t code_point, int depth, EncodedText& into) const;
  EncodedText encode_folded(std::string_view text) const;
  EncodedText encode_peifer(std::string_view text) const;

  bool peifer_;
  int64_t symbols_ = 1;
  std::array<uint8_t, 128> ascii_{};
  std::unordered_map<int32_t, uint8_t> others_;
};

}  // namespace evensweep

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "agent/trainer/augmentation.h"
#include "common/dataset/dataset.h"

namespace evensweep {

// Peifer's augmentation of names: now and then the first word, or what follows it, is that of another name of the
// class. A name of one word counts as both its parts.
class NameSwaps {
 public:
  // `rows` are those that lend their parts, of which only names of two words or more do.
  NameSwaps(const Dataset& dataset, std::span<const uint32_t> rows);

  // A view of each row: swapped with its own probability, in [0, 1], and then first part or rest as likely. A pure
  // function of the arguments; another probability of one row leaves the views of the others as they are. A row whose
  // class has no name to lend is never swapped.
  std::vector<View> draw(std::span<const uint32_t> rows, std::span<const double> probabilities, uint64_t seed,
                         int64_t epoch, int64_t step) const;

 private:
  const Dataset& dataset_;
  std::vector<std::vector<uint32_t>> lenders_;  // of each class
};

// The indices of the row's text.
std::span<const uint8_t> text_of(const Dataset& dataset, uint32_t row);
// The text as it is seen through the view.
std::vector<uint8_t> swapped_text(const Dataset& dataset, uint32_t row, const View& view);

}  // namespace evensweep

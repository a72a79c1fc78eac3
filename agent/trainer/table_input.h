#pragma once

#include <cstdint>
#include <vector>

#include "agent/trainer/layers.h"

namespace evensweep {

// min(50, (names + 1) / 2): how many numbers stand for one of so many names.
int64_t embedding_width(int64_t names);

// Puts the learned vector of each name in the place of its number: what a model for tables begins with.
class TableInput {
 public:
  // `columns` inputs. `levels` (one for each column) says of how many names a column holds one; 0: numbers. Without
  // levels all are numbers and nothing changes. Vectors start normally distributed with standard deviation 1, as
  // numbers are that are standardised.
  TableInput(ParameterList& list, int64_t columns, const std::vector<int64_t>& levels);

  // [N, columns] -> [N, width()]: the numbers, then the vectors of each column of names. A name 0 is zeros and stays
  // so.
  at::Tensor operator()(const at::Tensor& input) const;
  int64_t width() const { return width_; }

 private:
  struct Embedding {
    int64_t column;
    at::Tensor weight;  // [names + 1, embedding_width(names)]
  };

  int64_t width_;
  at::Tensor numbers_;  // which columns
  std::vector<Embedding> embeddings_;
};

}  // namespace evensweep

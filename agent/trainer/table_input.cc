#include "agent/trainer/table_input.h"

#include <algorithm>

namespace evensweep {

int64_t embedding_width(int64_t names) { return std::min<int64_t>(50, (names + 1) / 2); }

TableInput::TableInput(ParameterList& list, int64_t columns, const std::vector<int64_t>& levels) : width_(columns) {
  if (levels.empty()) return;
  std::vector<int64_t> numbers;
  width_ = 0;
  for (int64_t column = 0; column < columns; ++column) {
    const int64_t names = levels[static_cast<size_t>(column)];
    if (names == 0) {
      numbers.push_back(column);
      ++width_;
      continue;
    }
    at::Tensor start = list.normal({names + 1, embedding_width(names)}, 1);
    start.select(0, 0).zero_();
    const std::string name = "embedding" + std::to_string(embeddings_.size() + 1) + ".weight";
    embeddings_.push_back({.column = column, .weight = list.add_parameter(name, start)});
    width_ += embedding_width(names);
  }
  if (!numbers.empty()) numbers_ = at::tensor(numbers, at::kLong);
}

at::Tensor TableInput::operator()(const at::Tensor& input) const {
  if (embeddings_.empty()) return input;
  std::vector<at::Tensor> parts;
  if (numbers_.defined()) parts.push_back(input.index_select(1, numbers_.to(input.device())));
  // The padding index has no gradient.
  for (const Embedding& embedding : embeddings_)
    parts.push_back(
        at::embedding(embedding.weight, input.select(1, embedding.column).to(at::kLong), /*padding_idx=*/0));
  return at::cat(parts, 1);
}

}  // namespace evensweep

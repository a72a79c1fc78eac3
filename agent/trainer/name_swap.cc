#include "agent/trainer/name_swap.h"

#include <algorithm>
#include <utility>

#include "common/base/rng.h"

namespace evensweep {
namespace {

using Text = std::span<const uint8_t>;

// The first word and the rest.
std::pair<Text, Text> parts(Text text, uint8_t space) {
  const auto at = static_cast<size_t>(std::ranges::find(text, space) - text.begin());
  if (at == text.size()) return {text, text};
  return {text.first(at), text.subspan(at + 1)};
}

}  // namespace

Text text_of(const Dataset& dataset, uint32_t row) {
  const uint64_t begin = dataset.text_begins[row];
  return Text(dataset.characters).subspan(begin, dataset.text_begins[row + 1] - begin);
}

NameSwaps::NameSwaps(const Dataset& dataset, std::span<const uint32_t> rows)
    : dataset_(dataset), lenders_(dataset.class_names.size()) {
  if (dataset.space == 0) return;
  for (const uint32_t row : rows) {
    const Text text = text_of(dataset, row);
    if (std::ranges::find(text, dataset.space) != text.end()) lenders_[dataset.labels[row]].push_back(row);
  }
}

std::vector<View> NameSwaps::draw(std::span<const uint32_t> rows, std::span<const double> probabilities, uint64_t seed,
                                  int64_t epoch, int64_t step) const {
  Rng rng(seed, "swap", {static_cast<uint64_t>(epoch), static_cast<uint64_t>(step)});
  std::vector<View> views(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::vector<uint32_t>& lenders = lenders_[dataset_.labels[rows[i]]];
    // Always as many draws, so that one row's do not shift the next one's.
    const bool swapped = rng.uniform() < probabilities[i];
    const bool first = (rng() >> 63) != 0;
    const auto which = static_cast<size_t>(rng.uniform() * static_cast<double>(lenders.size()));
    if (swapped && !lenders.empty())
      views[i] = {.part = first ? View::Part::kFirst : View::Part::kRest, .lender = lenders[which]};
  }
  return views;
}

std::vector<uint8_t> swapped_text(const Dataset& dataset, uint32_t row, const View& view) {
  const Text own = text_of(dataset, row);
  if (view.part == View::Part::kNone) return {own.begin(), own.end()};
  auto [first, rest] = parts(own, dataset.space);
  const auto [other_first, other_rest] = parts(text_of(dataset, view.lender), dataset.space);
  (view.part == View::Part::kFirst ? first : rest) = view.part == View::Part::kFirst ? other_first : other_rest;
  std::vector<uint8_t> text(first.begin(), first.end());
  text.push_back(dataset.space);
  text.insert(text.end(), rest.begin(), rest.end());
  return text;
}

}  // namespace evensweep

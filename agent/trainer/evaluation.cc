#include "agent/trainer/evaluation.h"

#include <algorithm>

namespace evensweep {
namespace {

// Large enough to fill the machine, small enough that a request to stop is heard within the grace.
constexpr size_t kImagesAtOnce = 250;
constexpr size_t kTextsAtOnce = 500;
constexpr size_t kTableRowsAtOnce = 8192;

size_t rows_at_once(const Examples& examples) {
  if (examples.has_text()) return kTextsAtOnce;
  return examples.has_images() ? kImagesAtOnce : kTableRowsAtOnce;
}

void count(Evaluation& evaluation, const at::Tensor& logits, const Dataset& dataset, std::span<const uint32_t> rows) {
  const at::Tensor predicted = logits.argmax(1).cpu();
  const auto* classes = predicted.const_data_ptr<int64_t>();
  for (size_t i = 0; i < rows.size(); ++i) {
    const int64_t truth = dataset.labels[rows[i]];
    ++evaluation.confusion.counts[static_cast<size_t>(truth * evaluation.confusion.classes + classes[i])];
    evaluation.predictions.push_back(static_cast<uint16_t>(classes[i]));
  }
}

}  // namespace

double Evaluation::accuracy() const {
  int64_t right = 0;
  for (int64_t c = 0; c < confusion.classes; ++c) right += confusion.at(c, c);
  return static_cast<double>(right) / static_cast<double>(std::max<size_t>(predictions.size(), 1));
}

std::optional<Evaluation> evaluate(Model& model, const Examples& examples, std::span<const uint32_t> rows,
                                   const Execution& execution, const std::function<bool()>& go_on) {
  const at::NoGradGuard no_grad;
  Evaluation evaluation;
  evaluation.confusion.classes = examples.classes();
  evaluation.confusion.counts.resize(static_cast<size_t>(examples.classes() * examples.classes()));
  evaluation.predictions.reserve(rows.size());
  const size_t at_once = rows_at_once(examples);
  for (size_t begin = 0; begin < rows.size(); begin += at_once) {
    if (!go_on()) return std::nullopt;
    const std::span<const uint32_t> batch = rows.subspan(begin, std::min(at_once, rows.size() - begin));
    const at::Tensor logits = model.forward(examples.inputs(batch, {}, execution), /*training=*/false);
    if (!logits.isfinite().all().item<bool>()) evaluation.finite = false;
    if (!evaluation.finite) return evaluation;
    count(evaluation, logits, examples.dataset(), batch);
  }
  return evaluation;
}

}  // namespace evensweep

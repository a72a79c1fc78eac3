#include "agent/trainer/recurrence.h"

#include <torch/csrc/autograd/custom_function.h>

#include <vector>

namespace evensweep {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

// What the gates of a step became.
struct Gates {
  at::Tensor input, forget, cell, output;
  Gates(const at::Tensor& rows, int64_t width)
      : input(rows.narrow(1, 0, width)),
        forget(rows.narrow(1, width, width)),
        cell(rows.narrow(1, 2 * width, width)),
        output(rows.narrow(1, 3 * width, width)) {}
};

// a b, or with numbers cut to bfloat16.
at::Tensor product(const at::Tensor& a, const at::Tensor& b, bool bf16) {
  return bf16 ? at::mm(a.to(at::kBFloat16), b) : at::mm(a, b);
}

class Recurrence : public torch::autograd::Function<Recurrence> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& gates, const at::Tensor& weight,
                            const std::vector<int64_t>& active, bool bf16);
  static tensor_list backward(AutogradContext* context, const tensor_list& gradients);
};

at::Tensor Recurrence::forward(AutogradContext* context, const at::Tensor& gates, const at::Tensor& weight,
                               const std::vector<int64_t>& active, bool bf16) {
  const int64_t width = weight.size(1);
  const at::Tensor inputs = gates.to(at::kFloat);
  const at::Tensor transposed = (bf16 ? weight.to(at::kBFloat16) : weight).t();
  at::Tensor activated = at::empty_like(inputs);
  at::Tensor hidden = at::empty({inputs.size(0), width}, inputs.options());
  at::Tensor cells = at::empty_like(hidden), squashed = at::empty_like(hidden);
  int64_t begin = 0, before = 0;
  for (size_t t = 0; t < active.size(); ++t) {
    const auto at_step = [&](const at::Tensor& all) { return all.narrow(0, begin, active[t]); };
    const auto at_last = [&](const at::Tensor& all) { return all.narrow(0, before, active[t]); };
    at::Tensor rows = at_step(activated);
    if (t == 0)
      rows.copy_(at_step(inputs));
    else if (bf16)
      at::add_out(rows, at_step(inputs), product(at_last(hidden), transposed, bf16));
    else
      at::addmm_out(rows, at_step(inputs), at_last(hidden), transposed);
    Gates gate(rows, width);
    rows.narrow(1, 0, 2 * width).sigmoid_();
    gate.cell.tanh_();
    gate.output.sigmoid_();
    at::Tensor cell = at_step(cells), squash = at_step(squashed), out = at_step(hidden);
    at::mul_out(cell, gate.input, gate.cell);
    if (t > 0) cell.addcmul_(gate.forget, at_last(cells));
    at::tanh_out(squash, cell);
    at::mul_out(out, gate.output, squash);
    before = begin;
    begin += active[t];
  }
  context->save_for_backward({weight, activated, cells, squashed, hidden});
  context->saved_data["active"] = active;
  context->saved_data["bf16"] = bf16;
  context->saved_data["type"] = static_cast<int64_t>(gates.scalar_type());
  return hidden;
}

// The rows of the step before each row, for all steps but the first.
at::Tensor rows_before(const at::Tensor& all, const std::vector<int64_t>& active) {
  std::vector<at::Tensor> parts;
  int64_t before = 0;
  for (size_t t = 1; t < active.size(); ++t) {
    parts.push_back(all.narrow(0, before, active[t]));
    before += active[t - 1];
  }
  return at::cat(parts);
}

tensor_list Recurrence::backward(AutogradContext* context, const tensor_list& gradients) {
  const tensor_list saved = context->get_saved_variables();
  const at::Tensor &weight = saved[0], &activated = saved[1], &cells = saved[2], &squashed = saved[3];
  const std::vector<int64_t> active = context->saved_data["active"].toIntVector();
  const bool bf16 = context->saved_data["bf16"].toBool();
  const auto type = static_cast<at::ScalarType>(context->saved_data["type"].toInt());
  const int64_t width = weight.size(1);
  const at::Tensor factor = bf16 ? weight.to(at::kBFloat16) : weight;
  at::Tensor to_gates = at::empty_like(activated);
  // What flows back into the states of the sequences that are active at a step; 0 for those that end there.
  at::Tensor to_hidden = at::zeros({active[0], width}, activated.options()), to_cell = at::zeros_like(to_hidden);
  int64_t end = activated.size(0);
  for (size_t t = active.size(); t-- > 0;) {
    const int64_t begin = end - active[t];
    const auto at_step = [&](const at::Tensor& all) { return all.narrow(0, begin, active[t]); };
    at::Tensor rows = at_step(to_gates), hidden = to_hidden.narrow(0, 0, active[t]);
    at::Tensor cell = to_cell.narrow(0, 0, active[t]);
    const Gates gate(at_step(activated), width);
    Gates to(rows, width);
    hidden.add_(at_step(gradients[0]));
    cell.add_(at::tanh_backward(hidden * gate.output, at_step(squashed)));
    at::sigmoid_backward_out(to.output, hidden * at_step(squashed), gate.output);
    at::sigmoid_backward_out(to.input, cell * gate.cell, gate.input);
    at::tanh_backward_out(to.cell, cell * gate.input, gate.cell);
    if (t == 0) {
      to.forget.zero_();
      break;
    }
    at::sigmoid_backward_out(to.forget, cell * cells.narrow(0, begin - active[t - 1], active[t]), gate.forget);
    cell.mul_(gate.forget);
    hidden.copy_(product(rows, factor, bf16));
    end = begin;
  }
  at::Tensor to_weight = at::zeros_like(weight);
  if (active.size() > 1) {
    const at::Tensor later = to_gates.narrow(0, active[0], activated.size(0) - active[0]);
    const at::Tensor states = rows_before(saved[4], active);
    to_weight = product(later.t(), bf16 ? states.to(at::kBFloat16) : states, bf16).to(weight.scalar_type());
  }
  return {to_gates.to(type), to_weight, at::Tensor(), at::Tensor()};
}

}  // namespace

at::Tensor lstm_recurrence(const at::Tensor& gates, const at::Tensor& weight, std::span<const int64_t> active,
                           bool bf16) {
  return Recurrence::apply(gates, weight, std::vector<int64_t>(active.begin(), active.end()), bf16);
}

}  // namespace evensweep

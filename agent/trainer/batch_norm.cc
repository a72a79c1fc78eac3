#include "agent/trainer/batch_norm.h"

#include <torch/csrc/autograd/custom_function.h>

#include <cmath>
#include <optional>
#include <vector>

#include "agent/trainer/norm_kernels.h"

namespace evensweep {
namespace {

constexpr double kMomentum = 0.1, kEpsilon = 1e-5;
constexpr int64_t kPartsAtOnce = 4;  // fewer are not worth waking another thread for

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

template <typename T>
T* data(const at::Tensor& tensor) {
  return tensor.defined() ? static_cast<T*>(tensor.data_ptr()) : nullptr;
}

NormShape shape_of(const at::Tensor& tensor) {
  return {.images = tensor.size(0),
          .channels = tensor.size(1),
          .plane = tensor.size(2) * tensor.size(3),
          .channels_last = !tensor.is_contiguous()};
}

// In one of the two layouts that the kernels know. Few tensors have to be copied for that.
at::Tensor laid_out(const at::Tensor& tensor) { return tensor.contiguous(tensor.suggest_memory_format()); }
at::Tensor laid_out_like(const at::Tensor& tensor, const at::Tensor& like) {
  const auto format = like.is_contiguous() ? at::MemoryFormat::Contiguous : at::MemoryFormat::ChannelsLast;
  return tensor.to(like.scalar_type()).contiguous(format);
}

template <typename Body>
void for_parts(const NormShape& shape, const Body& body) {
  at::parallel_for(0, norm_parts(shape), kPartsAtOnce, [&](int64_t begin, int64_t end) {
    for (int64_t index = begin; index < end; ++index) body(norm_part(shape, index), index);
  });
}

// Two sums for each channel over all parts; `body(part, sums)` gives those of one.
template <typename Body>
std::vector<double> summed(const NormShape& shape, const Body& body) {
  const auto width = static_cast<size_t>(2 * shape.channels);
  std::vector<float> of_parts(width * static_cast<size_t>(norm_parts(shape)));
  for_parts(shape, [&](const NormPart& part, int64_t index) {
    body(part, of_parts.data() + static_cast<size_t>(index) * width);
  });
  std::vector<double> sums(width);
  for (size_t i = 0; i < of_parts.size(); ++i) sums[i % width] += of_parts[i];
  return sums;
}

struct Coefficients {
  at::Tensor mean, scale, offset, inverse_sd;  // [channels], float32; y = scale x + offset
};

// From statistics in `mean` and `variance(channel)`.
template <typename Variance>
Coefficients coefficients(const NormState& state, const at::Tensor& mean, const Variance& variance) {
  Coefficients made{
      .mean = mean, .scale = at::empty_like(mean), .offset = at::empty_like(mean), .inverse_sd = at::empty_like(mean)};
  for (int64_t c = 0; c < mean.numel(); ++c) {
    const double inverse = 1 / std::sqrt(variance(c) + kEpsilon);
    const double scale = data<float>(state.weight)[c] * inverse;
    data<float>(made.inverse_sd)[c] = static_cast<float>(inverse);
    data<float>(made.scale)[c] = static_cast<float>(scale);
    data<float>(made.offset)[c] = static_cast<float>(data<float>(state.bias)[c] - data<float>(mean)[c] * scale);
  }
  return made;
}

// The mean of some values of each channel, from all over the batch.
template <typename T>
std::vector<float> sampled_means(const at::Tensor& input) {
  constexpr int64_t kSamples = 64;
  const NormShape shape = shape_of(input);
  const int64_t count = shape.images * shape.plane;
  std::vector<float> means(static_cast<size_t>(shape.channels));
  for (int64_t i = 0; i < kSamples; ++i) {
    const int64_t place = i * count / kSamples, image = place / shape.plane, pixel = place % shape.plane;
    for (int64_t c = 0; c < shape.channels; ++c) {
      const int64_t at =
          shape.channels_last ? place * shape.channels + c : (image * shape.channels + c) * shape.plane + pixel;
      means[static_cast<size_t>(c)] += load_some(data<T>(input) + at, 1)[0] / kSamples;
    }
  }
  return means;
}

// Variances from the sums of squares around something near the mean, so that they lose no digits.
template <typename T>
Coefficients batch_coefficients(const at::Tensor& input, const NormState& state) {
  const NormShape shape = shape_of(input);
  const std::vector<float> shift = sampled_means<T>(input);
  const std::vector<double> sums =
      summed(shape, [&](const NormPart& part, float* to) { norm_sums(part, data<T>(input), shift.data(), to); });
  const auto count = static_cast<double>(shape.images * shape.plane);
  at::Tensor mean = at::empty_like(state.mean);
  std::vector<double> variances;
  for (size_t c = 0; c < shift.size(); ++c) {
    const double from_shift = sums[c] / count;
    const double batch_mean = shift[c] + from_shift;
    const double variance = std::max(sums[shift.size() + c] / count - from_shift * from_shift, 0.0);
    variances.push_back(variance);
    data<float>(mean)[c] = static_cast<float>(batch_mean);
    const auto follow = [](float& running, double value) {
      running = static_cast<float>((1 - kMomentum) * running + kMomentum * value);
    };
    follow(data<float>(state.mean)[c], batch_mean);
    follow(data<float>(state.variance)[c], variance * count / std::max(count - 1, 1.0));
  }
  return coefficients(state, mean, [&](int64_t c) { return variances[static_cast<size_t>(c)]; });
}

template <typename T>
at::Tensor applied(const at::Tensor& input, const at::Tensor& added, const Coefficients& with, bool relu) {
  at::Tensor output = at::empty_like(input);
  for_parts(shape_of(input), [&](const NormPart& part, int64_t) {
    norm_apply(part, data<T>(input), data<T>(added), data<float>(with.scale), data<float>(with.offset), relu,
               data<T>(output));
  });
  return output;
}

struct Gradients {
  at::Tensor input, weight, bias, added;
};

template <typename T>
Gradients gradients(const at::Tensor& output_gradient, const at::Tensor& input, const at::Tensor& output,
                    const Coefficients& with, Mask mask, bool of_added) {
  const NormShape shape = shape_of(input);
  Gradients made{
      .input = at::empty_like(input), .weight = at::empty_like(with.mean), .bias = at::empty_like(with.mean)};
  // Without a ReLU the gradient of what was added is that of the output.
  if (of_added) made.added = mask == Mask::kAll ? output_gradient : at::empty_like(input);
  NormGradient<T> of{.dy = data<T>(output_gradient),
                     .x = data<T>(input),
                     .y = data<T>(output),
                     .masked = mask == Mask::kAll ? nullptr : data<T>(made.added),
                     .mean = data<float>(with.mean),
                     .scale = data<float>(with.scale),
                     .offset = data<float>(with.offset)};
  const std::vector<double> sums =
      summed(shape, [&](const NormPart& part, float* to) { norm_gradient_sums(part, of, mask, to); });
  const auto count = static_cast<double>(shape.images * shape.plane);
  std::vector<float> means, slopes;
  for (int64_t c = 0; c < shape.channels; ++c) {
    const double sum = sums[static_cast<size_t>(c)], product = sums[static_cast<size_t>(shape.channels + c)];
    const double inverse = data<float>(with.inverse_sd)[c];
    data<float>(made.bias)[c] = static_cast<float>(sum);
    data<float>(made.weight)[c] = static_cast<float>(product * inverse);
    means.push_back(static_cast<float>(sum / count));
    slopes.push_back(static_cast<float>(-data<float>(with.scale)[c] * inverse * inverse * product / count));
  }
  if (of.masked != nullptr) {  // then it need not be masked a second time
    of.dy = of.masked;
    mask = Mask::kAll;
  }
  for_parts(shape, [&](const NormPart& part, int64_t) {
    norm_gradient(part, of, mask, means.data(), slopes.data(), data<T>(made.input));
  });
  return made;
}

class FusedNorm : public torch::autograd::Function<FusedNorm> {
 public:
  // `added` is an optional, as the graph has no place for an undefined tensor.
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, const std::optional<at::Tensor>& added,
                            const at::Tensor& weight, const at::Tensor& bias, const at::Tensor& mean,
                            const at::Tensor& variance, bool relu) {
    const at::Tensor x = laid_out(input);
    const at::Tensor more = added ? laid_out_like(*added, x) : at::Tensor();
    const NormState state{.weight = weight, .bias = bias, .mean = mean, .variance = variance};
    const bool half = x.scalar_type() == at::kBFloat16;
    const Coefficients with = half ? batch_coefficients<Bfloat16>(x, state) : batch_coefficients<float>(x, state);
    at::Tensor output = half ? applied<Bfloat16>(x, more, with, relu) : applied<float>(x, more, with, relu);
    const Mask mask = !relu ? Mask::kAll : added ? Mask::kOutput : Mask::kInput;
    context->save_for_backward(
        {x, mask == Mask::kOutput ? output : at::Tensor(), with.mean, with.scale, with.offset, with.inverse_sd});
    context->saved_data["mask"] = static_cast<int64_t>(mask);
    context->saved_data["added"] = added && added->requires_grad();
    return output;
  }

  static variable_list backward(AutogradContext* context, const variable_list& output_gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor& x = saved[0];
    const Coefficients with{.mean = saved[2], .scale = saved[3], .offset = saved[4], .inverse_sd = saved[5]};
    const auto mask = static_cast<Mask>(context->saved_data["mask"].toInt());
    const bool of_added = context->saved_data["added"].toBool();
    const at::Tensor dy = laid_out_like(output_gradients[0], x);
    const Gradients made = x.scalar_type() == at::kBFloat16 ? gradients<Bfloat16>(dy, x, saved[1], with, mask, of_added)
                                                            : gradients<float>(dy, x, saved[1], with, mask, of_added);
    return {made.input, made.added, made.weight, made.bias, at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

bool fits_kernels(const at::Tensor& input, const NormState& state) {
  return input.is_cpu() && input.dim() == 4 && input.numel() > 0 && state.weight.scalar_type() == at::kFloat &&
         (input.scalar_type() == at::kFloat || input.scalar_type() == at::kBFloat16);
}

at::Tensor composed(const at::Tensor& input, const at::Tensor& added, const NormState& state, bool relu,
                    bool training) {
  at::Tensor output = at::batch_norm(input, state.weight, state.bias, state.mean, state.variance, training, kMomentum,
                                     kEpsilon, /*cudnn_enabled=*/true);
  if (added.defined()) output = output.add_(added);
  return relu ? output.relu_() : output;
}

}  // namespace

at::Tensor batch_norm(const at::Tensor& input, const at::Tensor& added, const NormState& state, bool relu,
                      bool training) {
  if (!fits_kernels(input, state) || (!training && at::GradMode::is_enabled()))
    return composed(input, added, state, relu, training);
  if (training) {
    return FusedNorm::apply(input, added.defined() ? std::optional(added) : std::nullopt, state.weight, state.bias,
                            state.mean, state.variance, relu);
  }
  const at::Tensor x = laid_out(input);
  const at::Tensor more = added.defined() ? laid_out_like(added, x) : added;
  const Coefficients with =
      coefficients(state, state.mean, [&](int64_t c) -> double { return data<float>(state.variance)[c]; });
  return x.scalar_type() == at::kBFloat16 ? applied<Bfloat16>(x, more, with, relu)
                                          : applied<float>(x, more, with, relu);
}

}  // namespace evensweep

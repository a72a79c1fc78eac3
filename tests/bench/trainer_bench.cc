// How fast the trainer trains, against a bare libtorch loop in the same process.
//
// The trainer's side is its real one: rows gathered from bytes, augmented, normalised, forward, loss, backward,
// optimizer, checks. The bare side has one batch ready in memory and does only what cannot be left out: forward, cross
// entropy, backward and torch::optim::SGD, as in libtorch's own examples. Both use the same model, so what is measured
// is the trainer's own overhead; the rounds alternate, because machines are shared.

#include <torch/nn/functional/loss.h>
#include <torch/optim/sgd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "agent/trainer/device.h"
#include "agent/trainer/training_loop.h"
#include "common/base/rng.h"

namespace evensweep {
namespace {

struct Options {
  std::string model = "resnet20";
  std::string precision = "bf16";
  int64_t batch = 128, threads = 2, rounds = 5, steps = 4;
  bool channels_last = true;
};

Dataset random_images(int64_t rows) {
  Dataset data;
  data.rows = rows;
  data.channels = 3;
  data.height = data.image_width = 32;
  Rng rng(1, "bench");
  data.pixels.resize(static_cast<size_t>(rows * 3 * 32 * 32));
  for (uint8_t& pixel : data.pixels) pixel = static_cast<uint8_t>(rng.below(256));
  for (int64_t row = 0; row < rows; ++row) data.labels.push_back(static_cast<uint16_t>(row % 10));
  for (int c = 0; c < 10; ++c) data.class_names.push_back("class" + std::to_string(c));
  return data;
}

SplitRows all_for_training(int64_t rows) {
  SplitRows split;
  for (int64_t row = 0; row < rows; ++row) split.train.push_back(static_cast<uint32_t>(row));
  return split;
}

RunSpec spec_of(const Options& options) {
  RunSpec spec;
  spec.model = {.name = options.model, .hidden = {512, 256}};
  spec.training = {.epochs = 1'000'000,
                   .batch_size = options.batch,
                   .optimizer = {.name = "sgd", .lr = 0.05, .momentum = 0.9, .weight_decay = 5e-4},
                   .schedule = {.name = "cosine"},
                   .augmentation = {.flip = true, .crop_padding = 4},
                   .precision = options.precision,
                   .channels_last = options.channels_last,
                   .threads = options.threads};
  spec.treatment = {.class_weights = std::vector<double>(10, 1.0)};
  spec.trainer = kTrainerNumerics;
  return spec;
}

class TrainerSide {
 public:
  TrainerSide(const RunSpec& spec, const Examples& examples, const Execution& execution)
      : model_(*make_model(spec.model, examples.shape(), examples.classes(), 1, execution)),
        loop_(spec, examples, *model_, execution) {}
  void step() {
    if (loop_.epoch_trained()) loop_.finish_epoch({});
    loop_.step();
  }

 private:
  std::unique_ptr<Model> model_;
  TrainingLoop loop_;
};

class BareSide {
 public:
  BareSide(const RunSpec& spec, const Examples& examples, const Execution& execution)
      : model_(*make_model(spec.model, examples.shape(), examples.classes(), 1, execution)),
        optimizer_(tensors_of(*model_), torch::optim::SGDOptions(0.05).momentum(0.9).weight_decay(5e-4)),
        input_(at::randn({spec.training.batch_size, 3, 32, 32})),
        labels_(at::arange(spec.training.batch_size, at::kLong).remainder(10)) {
    if (execution.channels_last) input_ = input_.contiguous(at::MemoryFormat::ChannelsLast);
  }
  void step() {
    optimizer_.zero_grad();
    torch::nn::functional::cross_entropy(model_->forward(input_, true), labels_).backward();
    optimizer_.step();
  }

 private:
  static std::vector<at::Tensor> tensors_of(const Model& model) {
    std::vector<at::Tensor> tensors;
    for (const NamedTensor& parameter : model.parameters()) tensors.push_back(parameter.tensor);
    return tensors;
  }

  std::unique_ptr<Model> model_;
  torch::optim::SGD optimizer_;
  at::Tensor input_, labels_;
};

template <typename Side>
double images_per_second(Side& side, const Options& options) {
  const auto start = std::chrono::steady_clock::now();
  for (int64_t step = 0; step < options.steps; ++step) side.step();
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
  return static_cast<double>(options.steps * options.batch) / passed.count();
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  const size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

int run(const Options& options) {
  const Execution execution{.bf16 = options.precision == "bf16", .channels_last = options.channels_last};
  prepare_libtorch(execution.device, options.threads);
  const RunSpec spec = spec_of(options);
  const int64_t rows = std::max<int64_t>(10'000, options.batch * 4);
  const Examples examples(std::make_shared<const Dataset>(random_images(rows)), all_for_training(rows));
  TrainerSide trainer(spec, examples, execution);
  BareSide bare(spec, examples, execution);
  trainer.step();
  bare.step();
  std::printf("%s, batch %ld, %s%s, %ld threads, %s, libtorch %s\n", options.model.c_str(), options.batch,
              options.precision.c_str(), options.channels_last ? ", channels_last" : "", options.threads,
              describe_device(execution.device).c_str(), libtorch_version().c_str());
  std::vector<double> trainers, bares, ratios;
  for (int64_t round = 0; round < options.rounds; ++round) {
    // Whoever goes first in a round must not always be the same.
    const bool trainer_first = round % 2 == 0;
    if (trainer_first) trainers.push_back(images_per_second(trainer, options));
    bares.push_back(images_per_second(bare, options));
    if (!trainer_first) trainers.push_back(images_per_second(trainer, options));
    ratios.push_back(trainers.back() / bares.back());
    std::printf("round %ld: trainer %.1f images/s, bare loop %.1f images/s, ratio %.3f\n", round + 1, trainers.back(),
                bares.back(), ratios.back());
  }
  std::printf("median: trainer %.1f images/s, bare loop %.1f images/s, ratio %.3f\n", median(trainers), median(bares),
              median(ratios));
  return 0;
}

}  // namespace
}  // namespace evensweep

int main(int argc, char** argv) {
  CLI::App app("Images per second of the trainer's loop and of a bare libtorch loop", "bench_trainer");
  evensweep::Options options;
  app.add_option("--model", options.model)
      ->check(CLI::IsMember({"resnet20", "peifer_cnn", "mlp"}))
      ->capture_default_str();
  app.add_option("--precision", options.precision)->check(CLI::IsMember({"fp32", "bf16"}))->capture_default_str();
  app.add_option("--batch", options.batch)->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--threads", options.threads)->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--rounds", options.rounds)->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--steps", options.steps, "steps of each side in a round")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--channels-last", options.channels_last)->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return evensweep::run(options);
}

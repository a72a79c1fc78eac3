// How fast the trainer trains: its real loop, with rows gathered from bytes, augmented, normalised, forward, loss,
// backward, optimizer and checks, on random data of the size of CIFAR-10 (images) or of letters (mlp).
//
// By hand it prints a line for each round and the median. With --serve it is one side of a comparison: it says "ready",
// and for each line that it reads it trains a round and prints that round's examples per second; so somebody can let
// sides take turns, which machines that are shared ask for.

#include <ATen/DeviceAccelerator.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
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
  std::string precision = "bf16", device = "cpu";
  int64_t batch = 128, width = 128, threads = 2, rounds = 5, steps = 10, rows = 10'000;
  bool channels_last = true, augment = true, serve = false;
};

Dataset random_images(int64_t rows) {
  Dataset data;
  data.rows = rows;
  data.channels = 3;
  data.height = data.image_width = 32;
  Rng rng(1, "bench");
  data.pixels.resize(static_cast<size_t>(rows * 3 * 32 * 32));
  for (uint8_t& pixel : data.pixels) pixel = static_cast<uint8_t>(rng.below(256));
  return data;
}

Dataset random_table(int64_t rows) {
  Dataset data;
  data.rows = rows;
  data.width = 16;
  Rng rng(1, "bench");
  for (int64_t i = 0; i < rows * data.width; ++i) data.features.push_back(static_cast<float>(rng.below(16)));
  return data;
}

Dataset with_labels(Dataset data, int64_t classes) {
  for (int64_t row = 0; row < data.rows; ++row) data.labels.push_back(static_cast<uint16_t>(row % classes));
  for (int64_t c = 0; c < classes; ++c) data.class_names.push_back("class" + std::to_string(c));
  return data;
}

SplitRows all_for_training(int64_t rows) {
  SplitRows split;
  for (int64_t row = 0; row < rows; ++row) split.train.push_back(static_cast<uint32_t>(row));
  return split;
}

RunSpec spec_of(const Options& options, bool images, int64_t classes) {
  RunSpec spec;
  spec.model = {.name = options.model, .hidden = {options.width}};
  spec.training = {.epochs = 1'000'000,
                   .batch_size = options.batch,
                   .optimizer = {.name = "sgd", .lr = 0.05, .momentum = 0.9, .weight_decay = 5e-4},
                   .schedule = {.name = "cosine"},
                   .precision = options.precision,
                   .channels_last = options.channels_last && images,
                   .threads = options.threads};
  if (images && options.augment) spec.training.augmentation = {.flip = true, .crop_padding = 4};
  spec.treatment = {.class_weights = std::vector<double>(static_cast<size_t>(classes), 1.0)};
  spec.trainer = kTrainerNumerics;
  return spec;
}

class Trainer {
 public:
  Trainer(const Options& options, const Examples& examples, at::Device device)
      : options_(options),
        spec_(spec_of(options, examples.has_images(), examples.classes())),
        execution_{
            .device = device, .bf16 = options.precision == "bf16", .channels_last = spec_.training.channels_last},
        model_(*make_model(spec_.model, examples.shape(), examples.classes(), 1, execution_)),
        loop_(spec_, examples, *model_, execution_) {
    use_threads(model_->useful_threads(options.threads, options.batch));
  }

  double examples_per_second() {
    int64_t examples = 0;
    const auto start = std::chrono::steady_clock::now();
    for (int64_t step = 0; step < options_.steps; ++step) {
      if (loop_.epoch_trained()) loop_.finish_epoch({});
      examples += loop_.step().examples;
    }
    if (!execution_.device.is_cpu()) at::accelerator::synchronizeDevice(execution_.device.index());
    return static_cast<double>(examples) /
           std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

 private:
  const Options& options_;
  RunSpec spec_;
  Execution execution_;
  std::unique_ptr<Model> model_;
  TrainingLoop loop_;
};

double median(std::vector<double> values) {
  std::ranges::sort(values);
  const size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

double peak_memory_mib() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (double kib = 0; word == "VmHWM:" && status >> kib) return kib / 1024;
  return 0;
}

void take_rounds(Trainer& trainer, const Options& options, at::Device device) {
  std::printf("%s, batch %ld, %s%s, %ld threads, %s, libtorch %s\n", options.model.c_str(), options.batch,
              options.precision.c_str(), options.channels_last ? ", channels_last" : "", options.threads,
              describe_device(device).c_str(), libtorch_version().c_str());
  std::vector<double> speeds;
  for (int64_t round = 0; round < options.rounds; ++round) {
    speeds.push_back(trainer.examples_per_second());
    std::printf("round %ld: %.1f examples/s\n", round + 1, speeds.back());
  }
  std::printf("median: %.1f examples/s, peak memory %.0f MiB\n", median(speeds), peak_memory_mib());
}

void serve(Trainer& trainer) {
  std::cout << "ready" << std::endl;
  for (std::string line; std::getline(std::cin, line);) std::cout << trainer.examples_per_second() << std::endl;
}

int run(const Options& options) {
  const StatusOr<at::Device> device = find_device(options.device);
  if (!device.ok()) {
    std::cerr << "bench_trainer: " << device.status().message() << "\n";
    return 1;
  }
  prepare_libtorch(*device, options.threads);
  const bool table = options.model == "mlp";
  Dataset data = table ? with_labels(random_table(options.rows), 26) : with_labels(random_images(options.rows), 10);
  const Examples examples(std::make_shared<const Dataset>(std::move(data)), all_for_training(options.rows));
  Trainer trainer(options, examples, *device);
  trainer.examples_per_second();  // the first steps make what later ones reuse
  if (options.serve)
    serve(trainer);
  else
    take_rounds(trainer, options, *device);
  return 0;
}

}  // namespace
}  // namespace evensweep

int main(int argc, char** argv) {
  CLI::App app("Examples per second of the trainer's loop", "bench_trainer");
  evensweep::Options options;
  app.add_option("--model", options.model, "resnet20, peifer_cnn, ..., or mlp")->capture_default_str();
  app.add_option("--precision", options.precision)->check(CLI::IsMember({"fp32", "bf16"}))->capture_default_str();
  app.add_option("--device", options.device)->check(CLI::IsMember({"cpu", "cuda"}))->capture_default_str();
  app.add_option("--batch", options.batch)->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--width", options.width, "of mlp's hidden layer")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--threads", options.threads)->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--rounds", options.rounds)->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--steps", options.steps, "steps in a round")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--rows", options.rows, "size of the data set")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--channels-last", options.channels_last)->capture_default_str();
  app.add_option("--augment", options.augment, "flip and crop images")->capture_default_str();
  app.add_flag("--serve", options.serve, "train a round for each line of standard input");
  CLI11_PARSE(app, argc, argv);
  return evensweep::run(options);
}

// On a machine with a GPU: every kind of network and treatment trains there, computes what the processors compute,
// gives the same numbers each time and goes on from a checkpoint as if it had never stopped. Elsewhere the same code
// was compiled, and the tests say why they were not run.

#include <c10/core/CachingDeviceAllocator.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "agent/trainer/device.h"
#include "agent/trainer/loss.h"
#include "agent/trainer/memory.h"
#include "agent/trainer/model.h"
#include "agent/trainer/train_run.h"
#include "common/model/json.h"
#include "sweeps/methods/dynamic.h"
#include "tests/unit/trainer/synthetic_data.h"

namespace evensweep {
namespace {

// libtorch makes its threads for GPUs when the first gradient is computed: by then the CUDA part has to be there.
class LoadCudaFirst final : public testing::Environment {
  void SetUp() override { (void)find_device("cuda"); }
};
[[maybe_unused]] const testing::Environment* const kCudaIsLoaded = testing::AddGlobalTestEnvironment(new LoadCudaFirst);

class Watch final : public RunObserver {
 public:
  explicit Watch(int64_t stop_at) : stop_at_(stop_at) {}
  void started(int64_t) override {}
  void progress(double, double) override {}
  bool stop_requested() override { return ++asked == stop_at_; }
  void took_memory(uint64_t bytes) override { peak = bytes; }
  int64_t asked = 0;
  uint64_t peak = 0;

 private:
  int64_t stop_at_;
};

// A run in a folder of its own.
class Training {
 public:
  Training(RunSpec spec, std::string device)
      : request_{.run = run_key(spec), .spec = std::move(spec), .folder = folder_.path(), .device = std::move(device)} {
  }

  TrainingOutcome go(int64_t stop_at = -1) {
    Watch watch(stop_at);
    TrainingOutcome outcome = train_run(request_, cache_, watch, clock_);
    asked = watch.asked;
    peak = watch.peak;
    return outcome;
  }
  RunResult finish() {
    TrainingOutcome outcome = go();
    if (const auto* failure = std::get_if<Failure>(&outcome)) ADD_FAILURE() << failure->message;
    return std::holds_alternative<RunResult>(outcome) ? std::get<RunResult>(outcome) : RunResult{};
  }
  int64_t asked = 0;
  uint64_t peak = 0;

 private:
  TestFolder folder_;
  RunRequest request_;
  DatasetCache cache_;
  SystemClock clock_;
};

Json lasting(const RunResult& result) {
  Json json = to_json(result);
  json.erase("times");
  json.erase("environment");
  return json;
}

class Cuda : public testing::Test {
 protected:
  void SetUp() override {
    const auto device = find_device("cuda");
    if (!device.ok()) GTEST_SKIP() << device.status().message();
  }
  // One run of every kind of network.
  std::vector<RunSpec> networks() const {
    RunSpec resmlp = points_run(data_.path());
    resmlp.model = {.name = "resmlp", .dropout = 0.2, .width = 16, .blocks = 2};
    std::vector<RunSpec> specs{points_run(data_.path()), resmlp, names_run(data_.path())};
    for (const char* model : {"resnet20", "resnet18", "resnet9", "peifer_cnn"}) {
      specs.push_back(images_run(data_.path(), model));
      if (specs.back().model.name == "resnet9") specs.back().model.width = 8;
    }
    return specs;
  }
  // The same in both precisions.
  void for_networks(const std::function<void(const RunSpec&)>& check) const {
    for (RunSpec spec : networks()) {
      for (const char* precision : {"fp32", "bf16"}) {
        spec.training.precision = precision;
        SCOPED_TRACE(spec.model.name + " " + precision);
        check(spec);
      }
    }
  }
  TestFolder data_;
};

TEST_F(Cuda, TrainsEveryNetworkTheSameEachTimeAndNamesTheDevice) {
  for_networks([](const RunSpec& spec) {
    Training once(spec, "cuda"), again(spec, "cuda");
    const RunResult result = once.finish();
    EXPECT_THAT(result.environment.device, testing::StartsWith("cuda ("));
    EXPECT_EQ(std::ssize(result.curve), spec.training.epochs);
    for (const auto& epoch : result.curve) EXPECT_TRUE(std::isfinite(epoch.train_loss));
    EXPECT_GT(once.peak, uint64_t{100} << 20);
    EXPECT_EQ(lasting(again.finish()), lasting(result));
  });
}

TEST_F(Cuda, GoesOnFromACheckpointAsIfItHadNeverStopped) {
  for_networks([](const RunSpec& spec) {
    Training whole(spec, "cuda"), halves(spec, "cuda");
    const Json expected = lasting(whole.finish());
    ASSERT_TRUE(std::holds_alternative<Stopped>(halves.go(whole.asked / 2)));
    EXPECT_EQ(lasting(halves.finish()), expected);
  });
}

// ‖a − b‖ / ‖b‖.
double distance(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor reference = b.detach().to(at::kCPU, at::kDouble);
  const double norm = reference.norm().item<double>();
  return (a.detach().to(at::kCPU, at::kDouble) - reference).norm().item<double>() / (norm > 0 ? norm : 1);
}

struct Pass {
  at::Tensor logits;
  std::vector<NamedTensor> gradients;
};

Pass pass_of(const ModelSpec& spec, const std::vector<int64_t>& shape, const at::Tensor& input, at::Device device) {
  prepare_libtorch(device, 2);
  auto model = make_model(spec, shape, 5, 3, {.device = device});
  EXPECT_TRUE(model.ok()) << model.status();
  // This one drops out whatever it is told.
  Pass pass{.logits = (*model)->forward(input.to(device), /*training=*/spec.name != "peifer_cnn"), .gradients = {}};
  const at::Tensor labels = at::arange(input.size(0), at::kLong).remainder(5).to(device);
  batch_loss(pass.logits, labels, at::ones({5}).to(device), /*focal_gamma=*/0.5).backward();
  for (const NamedTensor& parameter : (*model)->parameters())
    pass.gradients.push_back({parameter.name, parameter.tensor.grad().cpu()});
  return pass;
}

TEST_F(Cuda, ComputesInFp32WhatTheProcessorsCompute) {
  at::manual_seed(1);
  for (RunSpec spec : networks()) {
    SCOPED_TRACE(spec.model.name);
    spec.model.dropout = 0;  // its draws are the device's
    const bool text = spec.model.name == "conv_lstm", table = spec.dataset.format == DatasetFormat::kCsv;
    const std::vector<int64_t> shape = text    ? std::vector<int64_t>{12, 29}
                                       : table ? std::vector<int64_t>{12}
                                               : std::vector<int64_t>{3, 32, 32};
    const at::Tensor input = text    ? at::randint(1, 29, {64, 12}, at::kLong)
                             : table ? at::randn({64, 12})
                                     : at::randn({64, 3, 32, 32});
    const Pass here = pass_of(spec.model, shape, input, at::kCPU);
    const Pass there = pass_of(spec.model, shape, input, at::Device(at::kCUDA, 0));
    EXPECT_LT(distance(there.logits, here.logits), 1e-4);
    double largest = 0;
    for (const NamedTensor& gradient : here.gradients)
      largest = std::max(largest, gradient.tensor.norm().item<double>());
    for (size_t i = 0; i < here.gradients.size(); ++i) {
      // A bias before a batch normalisation has a gradient of rounding errors alone.
      if (here.gradients[i].tensor.norm().item<double>() < 1e-5 * largest) continue;
      // Where a ReLU's input is all but 0, rounding decides whether a gradient passes: few do, each as a whole.
      EXPECT_LT(distance(there.gradients[i].tensor, here.gradients[i].tensor), 1e-2) << here.gradients[i].name;
    }
  }
}

struct Change {
  const char* name;
  std::function<void(RunSpec&)> make;
};

// Everything of a treatment that is computed on the device or brought there.
const Change kTreatments[] = {
    {"plain", [](RunSpec&) {}},
    {"class weights",
     [](RunSpec& s) {
       s.treatment.class_weights = {0.5, 1.5, 1};
     }},
    {"weights from half",
     [](RunSpec& s) {
       s.treatment.class_weights = {0.5, 1.5, 1}, s.treatment.weights_from = 0.5;
     }},
    {"focal", [](RunSpec& s) { s.treatment.focal_gamma = 2; }},
    {"logit offsets",
     [](RunSpec& s) {
       s.treatment.logit_offsets = {-1, 0, 1};
     }},
    {"margins",
     [](RunSpec& s) {
       s.treatment.margin = MarginSpec{.margins = {0.1, 0.2, 0.3}, .scale = 10};
     }},
    {"cdb", [](RunSpec& s) { s.treatment.rule = WeightRule{.name = kCdbRule, .strength = 1}; }},
    {"dynamic cdb", [](RunSpec& s) { s.treatment.rule = WeightRule{.name = kDynamicCdbRule}; }},
    {"recall", [](RunSpec& s) { s.treatment.rule = WeightRule{.name = kRecallLossRule}; }},
    {"group dro", [](RunSpec& s) { s.treatment.rule = WeightRule{.name = kGroupDroRule, .strength = 0.1}; }},
    {"resampled",
     [](RunSpec& s) {
       s.treatment.epoch_rows = {40, 20, 12};
     }},
    {"smote",
     [](RunSpec& s) {
       s.treatment.epoch_rows = {40, 20, 12}, s.treatment.smote_neighbours = 3;
     }},
    {"smote of features",
     [](RunSpec& s) {
       s.treatment.epoch_rows = {40, 20, 12}, s.treatment.smote_neighbours = 3;
       s.treatment.smote_features = true, s.treatment.start_epoch = 1;
     }},
    {"noise",
     [](RunSpec& s) {
       s.treatment.augmentation = ClassAugmentation{.probabilities = {0, 0.5, 1}, .sigma = 0.5};
     }},
};

TEST_F(Cuda, EveryTreatmentLearnsWhatItLearnsOnTheProcessors) {
  for (const Change& change : kTreatments) {
    SCOPED_TRACE(change.name);
    RunSpec spec = points_run(data_.path());
    spec.model.dropout = 0;
    change.make(spec);
    Training here(spec, "cpu"), there(spec, "cuda");
    const RunResult expected = here.finish(), result = there.finish();
    ASSERT_EQ(result.curve.size(), expected.curve.size());
    for (size_t i = 0; i < result.curve.size(); ++i)
      EXPECT_NEAR(result.curve[i].train_loss, expected.curve[i].train_loss,
                  1e-3 * std::max(1.0, std::abs(expected.curve[i].train_loss)));
  }
}

TEST_F(Cuda, ImagesAndNamesAreTreatedThere) {
  RunSpec augmented = images_run(data_.path(), "resnet20");
  augmented.treatment.augmentation =
      ClassAugmentation{.probabilities = std::vector<double>(10, 0.5), .flip = true, .crop_padding = 2, .sigma = 0.2};
  RunSpec smote = images_run(data_.path(), "peifer_cnn");
  smote.treatment.epoch_rows = {6, 0, 3, 3, 3, 3, 3, 3, 3, 3};
  smote.treatment.smote_neighbours = 2;
  RunSpec features = smote;
  features.treatment.smote_features = true;
  features.treatment.start_epoch = 1;
  RunSpec names = names_run(data_.path());
  names.treatment.augmentation = ClassAugmentation{.probabilities = {0, 0.5, 1}, .swap = true};
  RunSpec read = names_run(data_.path());
  read.model.padding = kReadPadding;
  for (const RunSpec& spec : {augmented, smote, features, names, read}) {
    SCOPED_TRACE(run_key(spec).str());
    Training once(spec, "cuda"), again(spec, "cuda");
    EXPECT_EQ(lasting(once.finish()), lasting(again.finish()));
  }
}

TEST_F(Cuda, MemoryThatIsTakenIsSaidToBeMissingAndTheProcessLives) {
  const at::Device gpu(at::kCUDA, 0);
  const RunSpec spec = images_run(data_.path(), "resnet18");
  Training training(spec, "cuda");
  {
    begin_memory_peak(gpu);
    const auto free = c10::getDeviceAllocator(at::kCUDA)->getMemoryInfo(0).first;
    const at::Tensor taken =
        at::empty({static_cast<int64_t>(free) - (int64_t{60} << 20)}, at::device(gpu).dtype(at::kByte));
    const TrainingOutcome outcome = training.go();
    const auto* failure = std::get_if<Failure>(&outcome);
    ASSERT_NE(failure, nullptr);
    EXPECT_EQ(failure->failure, FailureClass::kOutOfMemory) << failure->message;
  }
  training.finish();
}

TEST(NoCuda, SaysWhatIsMissing) {
  const auto device = find_device("cuda");
  if (device.ok()) GTEST_SKIP() << "there is a GPU";
  EXPECT_EQ(device.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(device.status().message()), testing::HasSubstr("train on cpu"));
}

}  // namespace
}  // namespace evensweep

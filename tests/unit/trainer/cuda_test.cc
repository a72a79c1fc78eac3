// On a machine with a GPU: every kind of network trains there in bf16, and its results name the device. Elsewhere the
// same code was compiled, and the test says why it was not run.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/trainer/device.h"
#include "agent/trainer/train_run.h"
#include "common/model/json.h"
#include "tests/unit/trainer/synthetic_data.h"

namespace evensweep {
namespace {

class NeverStops final : public RunObserver {
 public:
  void started(int64_t) override {}
  void progress(double, double) override {}
  bool stop_requested() override { return false; }
};

RunResult train_on_gpu(RunSpec spec, const std::string& folder) {
  spec.training.precision = "bf16";
  RunRequest request{.run = run_key(spec), .spec = std::move(spec), .folder = folder, .device = "cuda"};
  DatasetCache cache;
  NeverStops observer;
  const SystemClock clock;
  TrainingOutcome outcome = train_run(request, cache, observer, clock);
  if (const auto* failure = std::get_if<Failure>(&outcome)) ADD_FAILURE() << failure->message;
  return std::holds_alternative<RunResult>(outcome) ? std::get<RunResult>(outcome) : RunResult{};
}

TEST(Cuda, TrainsInBf16AndNamesTheDevice) {
  if (const auto device = find_device("cuda"); !device.ok()) GTEST_SKIP() << device.status().message();
  TestFolder folder;
  RunSpec images = images_run(folder.path(), "resnet20");
  images.training.channels_last = true;
  for (const RunSpec& spec : {points_run(folder.path()), images}) {
    SCOPED_TRACE(spec.model.name);
    const RunResult result = train_on_gpu(spec, folder.path());
    EXPECT_THAT(result.environment.device, testing::StartsWith("cuda ("));
    EXPECT_EQ(std::ssize(result.curve), spec.training.epochs);
  }
}

TEST(Cuda, SaysWhatIsMissing) {
  const auto device = find_device("cuda");
  if (device.ok()) GTEST_SKIP() << "there is a GPU";
  EXPECT_EQ(device.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(device.status().message()), testing::HasSubstr("train on cpu"));
}

}  // namespace
}  // namespace evensweep

#include "agent/trainer/train_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <numeric>
#include <optional>

#include "agent/trainer/checkpoint.h"
#include "common/base/file.h"
#include "common/model/expand.h"
#include "common/model/json.h"
#include "sweeps/methods/method.h"
#include "tests/unit/trainer/script_module.h"
#include "tests/unit/trainer/synthetic_data.h"

namespace evensweep {
namespace {

using testing::HasSubstr;
constexpr int64_t kNever = INT64_MAX;

// Asks a run to stop at the n-th question.
class StopAt final : public RunObserver {
 public:
  explicit StopAt(int64_t question) : question_(question) {}
  void started(int64_t resumed_at_epoch) override { resumed_at_epoch_ = resumed_at_epoch; }
  void progress(double fraction, double) override { fraction_ = fraction; }
  bool stop_requested() override { return ++asked_ == question_; }
  int64_t asked() const { return asked_; }
  int64_t resumed_at_epoch() const { return resumed_at_epoch_; }
  double fraction() const { return fraction_; }

 private:
  int64_t question_;
  int64_t asked_ = 0;
  int64_t resumed_at_epoch_ = -1;
  double fraction_ = 0;
};

// A run in a folder of its own, which may be interrupted and taken up again.
class Training {
 public:
  explicit Training(RunSpec spec) : request_{.run = run_key(spec), .spec = std::move(spec), .folder = folder_.path()} {}

  TrainingOutcome go(int64_t stop_at = kNever) {
    StopAt observer(stop_at);
    TrainingOutcome outcome = train_run(request_, cache_, observer, clock_);
    asked_ = observer.asked();
    resumed_at_epoch_ = observer.resumed_at_epoch();
    return outcome;
  }
  RunResult finish() {
    TrainingOutcome outcome = go();
    if (const auto* failure = std::get_if<Failure>(&outcome)) ADD_FAILURE() << failure->message;
    return std::get<RunResult>(std::move(outcome));
  }
  Failure fail() {
    TrainingOutcome outcome = go();
    EXPECT_TRUE(std::holds_alternative<Failure>(outcome));
    return std::get<Failure>(outcome);
  }
  Checkpoint checkpoint() const {
    const auto file = read_file(checkpoint_path(folder_.path()));
    EXPECT_TRUE(file.ok()) << file.status();
    auto decoded = decode_checkpoint(*file);
    EXPECT_TRUE(decoded.ok()) << decoded.status();
    return *std::move(decoded);
  }
  int64_t asked() const { return asked_; }
  int64_t resumed_at_epoch() const { return resumed_at_epoch_; }
  RunRequest& request() { return request_; }
  const std::string& folder() const { return folder_.path(); }

 private:
  TestFolder folder_;
  RunRequest request_;
  DatasetCache cache_;
  SystemClock clock_;
  int64_t asked_ = 0, resumed_at_epoch_ = -1;
};

// This process gets at most `more` bytes than it has, until the end of the scope.
class AddressSpaceLimit {
 public:
  explicit AddressSpaceLimit(int64_t more) {
    ::getrlimit(RLIMIT_AS, &before_);
    long pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    rlimit limit = before_;
    limit.rlim_cur = static_cast<rlim_t>(pages * ::sysconf(_SC_PAGESIZE) + more);
    ::setrlimit(RLIMIT_AS, &limit);
  }
  ~AddressSpaceLimit() { ::setrlimit(RLIMIT_AS, &before_); }
  AddressSpaceLimit(const AddressSpaceLimit&) = delete;
  AddressSpaceLimit& operator=(const AddressSpaceLimit&) = delete;

 private:
  rlimit before_ = {};
};

// All of a result but times and environment.
Json lasting(const RunResult& result) {
  Json json = to_json(result);
  json.erase("times");
  json.erase("environment");
  return json;
}

void expect_same_state(const Checkpoint& a, const Checkpoint& b) {
  EXPECT_EQ(a.position, b.position);
  EXPECT_EQ(a.curve, b.curve);
  ASSERT_EQ(a.tensors.size(), b.tensors.size());
  for (size_t i = 0; i < a.tensors.size(); ++i) EXPECT_TRUE(a.tensors[i] == b.tensors[i]) << a.tensors[i].name;
}

// Interrupts at `first` and, counted from there, at `second`; then the last question (within the evaluation on the test
// rows) shows the final parameters and optimizer state.
void expect_interruption_changes_nothing(const RunSpec& spec, int64_t first, int64_t second) {
  Training whole(spec), parts(spec);
  const Json want = lasting(whole.finish());
  const int64_t questions = whole.asked();
  ASSERT_TRUE(std::holds_alternative<Stopped>(whole.go(questions)));
  ASSERT_TRUE(std::holds_alternative<Stopped>(parts.go(first)));
  ASSERT_TRUE(std::holds_alternative<Stopped>(parts.go(second)));
  int64_t last = 0;
  {
    Training probe(spec);  // how many questions are left from there
    std::filesystem::copy_file(checkpoint_path(parts.folder()), checkpoint_path(probe.folder()));
    EXPECT_EQ(lasting(probe.finish()), want);
    last = probe.asked();
  }
  ASSERT_TRUE(std::holds_alternative<Stopped>(parts.go(last)));
  EXPECT_EQ(parts.checkpoint().position, (Position{.epoch = spec.training.epochs, .step = 0}));
  expect_same_state(parts.checkpoint(), whole.checkpoint());
  EXPECT_EQ(lasting(parts.finish()), want);
}

TEST(TrainRun, LearnsAndReportsWhatItSaw) {
  const TestFolder data;
  RunSpec spec = points_run(data.path());
  spec.training.epochs = 30;
  const RunResult result = Training(spec).finish();
  EXPECT_EQ(result.curve.size(), 30u);
  EXPECT_LT(result.curve.back().train_loss, result.curve.front().train_loss);
  EXPECT_GT(result.curve.back().validation_accuracy, 0.6);
  EXPECT_EQ(result.model_parameters, 4 * 16 + 16 + 16 * 8 + 8 + 8 * 3 + 3);
  EXPECT_EQ(result.test_predictions.size(), 24u);
  EXPECT_THAT(result.environment.device, HasSubstr("cpu ("));
  EXPECT_EQ(result.environment.threads, 1);
  const auto read_back = parse_run_result(to_json(result).dump(), 3);
  EXPECT_TRUE(read_back.ok()) << read_back.status();
}

TEST(TrainRun, SameRunTwiceGivesTheSameBits) {
  const TestFolder data;
  for (const RunSpec& spec : {points_run(data.path()), images_run(data.path(), "resnet20"), names_run(data.path())})
    EXPECT_EQ(lasting(Training(spec).finish()), lasting(Training(spec).finish())) << spec.model.name;
}

TEST(TrainRun, AnInterruptedMlpEndsAsIfItHadNeverStopped) {
  const TestFolder data;
  const RunSpec spec = points_run(data.path());
  Training whole(spec);
  whole.finish();
  EXPECT_TRUE(rc::check("resumed == uninterrupted", [&] {
    const int64_t first = *rc::gen::inRange<int64_t>(1, whole.asked());
    const int64_t second = *rc::gen::inRange<int64_t>(1, whole.asked() - first + 1);
    expect_interruption_changes_nothing(spec, first, second);
    RC_ASSERT(!testing::Test::HasFailure());
  }));
}

TEST(TrainRun, AnInterruptedCnnEndsAsIfItHadNeverStopped) {
  const TestFolder data;
  // 30 training rows in batches of 8: an epoch asks before each of 4 steps, before and within its evaluation.
  for (const int64_t first : {3, 6, 9})
    expect_interruption_changes_nothing(images_run(data.path(), "resnet20"), first, 2);
  RunSpec adam = images_run(data.path(), "peifer_cnn");
  adam.training.optimizer = {.name = "adam", .lr = 1e-3};
  adam.training.schedule = {.name = "exponential", .every = 3, .factor = 0.925};
  expect_interruption_changes_nothing(adam, 2, 5);
}

TEST(TrainRun, AnInterruptedLstmEndsAsIfItHadNeverStopped) {
  const TestFolder data;
  RunSpec spec = names_run(data.path());
  // 54 training rows in batches of 16: an epoch asks before each of 4 steps, before and within its evaluation.
  for (const int64_t first : {3, 6, 9}) expect_interruption_changes_nothing(spec, first, 2);
  spec.model.padding = kReadPadding;
  spec.treatment.class_weights = {0.5, 1.5, 1};
  expect_interruption_changes_nothing(spec, 5, 4);
}

TEST(TrainRun, LearnsNames) {
  const TestFolder data;
  RunSpec spec = names_run(data.path());
  spec.training.epochs = 15;
  const RunResult result = Training(spec).finish();
  EXPECT_GT(result.curve.back().validation_accuracy, 0.8) << "the endings tell the classes";
  EXPECT_EQ(std::ssize(result.test_predictions), 18);
}

// Its code puts new tensors in the place of its buffer in every step.
TEST(TrainRun, AnInterruptionDoesNotChangeAUsersModule) {
  const TestFolder data;
  RunSpec spec = points_run(data.path());
  spec.model = {.name = kTorchscript,
                .file = write_script_module(data.path() + "/net.pt", {.methods = {kScriptReset}})};
  EXPECT_EQ(Training(spec).finish().model_parameters, 8 * 4 + 8 + 3 * 8 + 3);
  for (const int64_t first : {2, 7}) expect_interruption_changes_nothing(spec, first, 4);
}

TEST(TrainRun, AResumedRunSaysWhereItGoesOn) {
  const TestFolder data;
  Training training(points_run(data.path()));
  ASSERT_TRUE(std::holds_alternative<Stopped>(training.go(10)));
  const Checkpoint checkpoint = training.checkpoint();
  EXPECT_EQ(checkpoint.run, training.request().run);
  EXPECT_GT(checkpoint.position, (Position{.epoch = 1, .step = 0}));
  training.finish();
  EXPECT_EQ(training.resumed_at_epoch(), checkpoint.position.epoch);
}

// Weights of a class that never occurs in the loss cannot matter; those of the others do, yet leave all that is random
// alone: the first batch's loss scales exactly, as initial weights, batch and dropout are the same.
TEST(TrainRun, ATreatmentLeavesInitialisationBatchesAndDropoutAlone) {
  const TestFolder data;
  RunSpec spec = points_run(data.path());
  spec.training.optimizer = {.name = "sgd", .lr = 0, .momentum = 0};
  const auto losses = [](const RunSpec& with) {
    std::vector<double> list;
    for (const CurvePoint& point : Training(with).finish().curve) list.push_back(point.train_loss);
    return list;
  };
  std::vector<double> sum(3);
  for (size_t c = 0; c < 3; ++c) {
    spec.treatment.class_weights = {0, 0, 0};
    spec.treatment.class_weights[c] = 1;
    const std::vector<double> part = losses(spec);
    for (size_t i = 0; i < 3; ++i) sum[i] += part[i];
  }
  spec.treatment.class_weights = {1, 1, 1};
  const std::vector<double> all = losses(spec);
  for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(all[i], sum[i], 1e-6) << "epoch " << i + 1;
  EXPECT_NE(all[0], all[1]) << "another epoch drops out other units";
}

// How many test rows are taken for this class.
int64_t taken_for(const RunResult& result, int64_t predicted) {
  int64_t count = 0;
  for (int64_t truth = 0; truth < result.test.classes; ++truth) count += result.test.at(truth, predicted);
  return count;
}

// A logit that is held back in training has to grow by itself, and is alone in evaluation.
TEST(TrainRun, LogitOffsetsAreOfTrainingAlone) {
  const TestFolder data;
  RunSpec spec = points_run(data.path());
  spec.training.epochs = 10;
  spec.treatment.logit_offsets = {0, 0, -8};
  const int64_t held_back = taken_for(Training(spec).finish(), 2);
  spec.treatment.logit_offsets = {0, 0, 8};
  EXPECT_GT(held_back, taken_for(Training(spec).finish(), 2));
}

TEST(TrainRun, EpochRowsLeaveAClassOut) {
  const TestFolder data;
  RunSpec spec = points_run(data.path());
  spec.training.epochs = 30;
  const int64_t without = taken_for(Training(spec).finish(), 0);
  spec.treatment.epoch_rows = {0, 36, 36};
  const RunResult result = Training(spec).finish();
  EXPECT_LT(taken_for(result, 0), without);
  EXPECT_EQ(result.test.at(1, 0) + result.test.at(2, 0), 0);
  EXPECT_GT(result.test.at(1, 1) + result.test.at(2, 2), 8);
}

TEST(TrainRun, ATreatmentThatStartsLateTrainsAsTheBaselineUntilThen) {
  const TestFolder data;
  RunSpec spec = points_run(data.path());
  spec.training.epochs = 6;
  const RunResult baseline = Training(spec).finish();
  spec.treatment = {.class_weights = {0.5, 1, 1.5}, .focal_gamma = 2, .logit_offsets = {-1, 0, 1}};
  spec.treatment.epoch_rows = {40, 20, 12};
  spec.treatment.smote_neighbours = 3;
  spec.treatment.start_epoch = 4;
  const RunResult late = Training(spec).finish();
  for (size_t epoch = 0; epoch < 4; ++epoch) EXPECT_EQ(late.curve[epoch], baseline.curve[epoch]) << epoch;
  EXPECT_NE(late.curve[4].train_loss, baseline.curve[4].train_loss);
  for (const int64_t stop : {20, 27}) expect_interruption_changes_nothing(spec, stop, 4);
}

TEST(TrainRun, ATwinIsEqualAndAReseedSharesTheDivisionAlone) {
  const TestFolder data;
  RunSpec spec = points_run(data.path());
  const RunResult own = Training(spec).finish();
  spec.replicate = 1;
  EXPECT_EQ(lasting(Training(spec).finish()), lasting(own));
  spec.replicate = 0;
  spec.training_seed = 99;
  const RunResult reseeded = Training(spec).finish();
  EXPECT_NE(lasting(reseeded), lasting(own));
  spec.seed = 99;
  spec.training_seed.reset();
  EXPECT_NE(lasting(Training(spec).finish()), lasting(reseeded)) << "other rows are trained on";
}

TEST(TrainRun, AnInterruptedTreatmentEndsAsIfItHadNeverStopped) {
  const TestFolder data;
  RunSpec spec = points_run(data.path());
  spec.treatment.logit_offsets = {-0.5, -1, -2};
  spec.treatment.epoch_rows = {50, 20, 2};
  spec.treatment.smote_neighbours = 3;
  // 72 training rows in batches of 16: an epoch asks before each of 5 steps, before and within its evaluation.
  for (const int64_t first : {3, 6, 9}) expect_interruption_changes_nothing(spec, first, 4);
}

TEST(TrainRun, AnInterruptedRuleEndsAsIfItHadNeverStopped) {
  const TestFolder data;
  for (const WeightRule& rule :
       {WeightRule{.name = kCdbRule, .strength = 1.5}, WeightRule{.name = kDynamicCdbRule},
        WeightRule{.name = kRecallLossRule}, WeightRule{.name = kGroupDroRule, .strength = 1}}) {
    RunSpec spec = points_run(data.path());
    spec.treatment.rule = rule;
    // An epoch asks before each of 5 steps, before and within its evaluation.
    for (const int64_t first : {3, 7, 10}) expect_interruption_changes_nothing(spec, first, 4);
  }
}

TEST(TrainRun, AnInterruptedMarginEndsAsIfItHadNeverStopped) {
  const TestFolder data;
  RunSpec spec = images_run(data.path(), "resnet20");
  spec.treatment.margin = MarginSpec{.margins = std::vector<double>(10, 0.3), .scale = 30};
  spec.treatment.class_weights = {0.5, 1.5, 1, 1, 1, 1, 1, 1, 1, 1};
  spec.treatment.weights_from = 0.5;
  expect_interruption_changes_nothing(spec, 6, 3);
}

// The arms of one method on one block, decided from what its baseline gave.
Decision decided(const MethodDescription& method, const RunResult& baseline, std::span<const int64_t> train_counts,
                 const char* required = "noise") {
  Arm arm{.method = method.name, .parameters = {}, .options = {}};
  for (const auto& parameter : method.parameters)
    if (!parameter.usual) arm.parameters[parameter.name] = parameter.most_excluded ? 0.99 : 0.5;
  for (const auto& option : method.options)
    if (!option.left_out) arm.options[option.name] = option.required ? required : option.values.back();
  const auto decision = decide(arm, train_counts, baseline.validation, 7);
  EXPECT_TRUE(decision.ok()) << decision.status();
  return decision.ok() ? *decision : Decision();
}

// Applied to the baseline's spec.
RunSpec varied(RunSpec spec, const Decision& decision) {
  spec.treatment = decision.treatment;
  spec.replicate = decision.variation.replicate;
  spec.training_seed = decision.variation.training_seed;
  spec.training.epochs *= decision.variation.trainings;
  return spec;
}

TEST(TrainRun, EveryMethodTrainsOnTables) {
  const TestFolder data;
  RunSpec spec = points_run(data.path());
  const RunResult baseline = Training(spec).finish();
  for (const MethodDescription& method : known_methods()) {
    const RunSpec own = varied(spec, decided(method, baseline, std::vector<int64_t>(3, 24)));
    const bool differs = lasting(Training(own).finish()) != lasting(baseline);
    EXPECT_EQ(differs, method.name != kBaseline && method.name != kTwin) << method.name;
  }
}

TEST(TrainRun, EveryMethodTrainsOnImages) {
  const TestFolder data;
  RunSpec spec = images_run(data.path(), "mlp");
  spec.model.hidden = {8};
  spec.treatment = unit_treatment(10);
  const RunResult baseline = Training(spec).finish();
  for (const MethodDescription& method : known_methods()) {
    const RunSpec own = varied(spec, decided(method, baseline, std::vector<int64_t>(10, 3)));
    EXPECT_EQ(std::ssize(Training(own).finish().curve), own.training.epochs) << method.name;
  }
}

TEST(TrainRun, EveryMethodTrainsOnTexts) {
  const TestFolder data;
  const RunSpec spec = names_run(data.path());
  const RunResult baseline = Training(spec).finish();
  for (const MethodDescription& method : known_methods()) {
    RunSpec own = varied(spec, decided(method, baseline, std::vector<int64_t>(3, 18), "swap"));
    if (own.treatment.smote_neighbours > 0) {  // between texts there is nothing, between their features there is
      own.treatment.smote_features = true;
      own.treatment.start_epoch = 1;
    }
    EXPECT_EQ(std::ssize(Training(own).finish().curve), own.training.epochs) << method.name;
  }
}

TEST(TrainRun, AnInterruptedAugmentationByClassEndsAsIfItHadNeverStopped) {
  const TestFolder data;
  RunSpec spec = points_run(data.path());
  const Json plain = lasting(Training(spec).finish());
  spec.treatment.augmentation = ClassAugmentation{.probabilities = {0, 0.5, 1}, .sigma = 0.5};
  EXPECT_NE(lasting(Training(spec).finish()), plain);
  for (const int64_t first : {3, 7}) expect_interruption_changes_nothing(spec, first, 4);
  RunSpec images = images_run(data.path(), "resnet20");
  images.treatment.augmentation =
      ClassAugmentation{.probabilities = std::vector<double>(10, 0.5), .flip = true, .crop_padding = 2, .sigma = 0.1};
  expect_interruption_changes_nothing(images, 6, 3);
}

TEST(TrainRun, AnInterruptedSmoteOfImagesEndsAsIfItHadNeverStopped) {
  const TestFolder data;
  RunSpec spec = images_run(data.path(), "peifer_cnn");
  spec.training.epochs = 3;
  const auto rows = static_cast<int64_t>(30);
  spec.treatment.epoch_rows = {6, 0, 3, 3, 3, 3, 3, 3, 3, 3};
  ASSERT_EQ(std::accumulate(spec.treatment.epoch_rows.begin(), spec.treatment.epoch_rows.end(), int64_t{0}), rows);
  spec.treatment.smote_neighbours = 2;
  const Json pixels = lasting(Training(spec).finish());
  expect_interruption_changes_nothing(spec, 6, 3);
  spec.treatment.smote_features = true;
  spec.treatment.start_epoch = 1;
  EXPECT_NE(lasting(Training(spec).finish()), pixels);
  // Before, at and after the epoch in which the neighbours are found.
  for (const int64_t first : {2, 5, 7, 9}) expect_interruption_changes_nothing(spec, first, 3);
}

TEST(TrainRun, AnotherSeedIsAnotherTraining) {
  const TestFolder data;
  RunSpec spec = points_run(data.path());
  const Json first = lasting(Training(spec).finish());
  spec.seed = 12;
  EXPECT_NE(lasting(Training(spec).finish()), first);
}

TEST(TrainRun, ADamagedCheckpointIsSetAsideAndTrainingStartsAnew) {
  const TestFolder data;
  const RunSpec spec = points_run(data.path());
  Training training(spec);
  ASSERT_TRUE(std::holds_alternative<Stopped>(training.go(9)));
  std::string file = *read_file(checkpoint_path(training.folder()));
  file[file.size() / 2] = static_cast<char>(file[file.size() / 2] + 1);
  ASSERT_TRUE(write_file_atomically(checkpoint_path(training.folder()), file).ok());
  EXPECT_EQ(lasting(training.finish()), lasting(Training(spec).finish()));
  EXPECT_EQ(training.resumed_at_epoch(), 0);
  EXPECT_TRUE(std::filesystem::exists(checkpoint_path(training.folder()) + ".unreadable"));
}

TEST(TrainRun, ACheckpointOfAnotherRunIsNotTaken) {
  const TestFolder data;
  RunSpec spec = points_run(data.path());
  Training other(spec);
  ASSERT_TRUE(std::holds_alternative<Stopped>(other.go(9)));
  spec.model.hidden = {16, 9};
  Training training(spec);
  std::filesystem::copy_file(checkpoint_path(other.folder()), checkpoint_path(training.folder()));
  training.finish();
  EXPECT_EQ(training.resumed_at_epoch(), 0);
}

TEST(TrainRun, CheckpointsAreWrittenAtLeastAsOftenAsAsked) {
  const TestFolder data;
  Training training(points_run(data.path()));
  training.request().checkpoint_every = Duration(1);
  training.request().spec.training.epochs = 60;
  training.finish();
  EXPECT_GT(training.checkpoint().position, (Position{.epoch = 10, .step = 0}));
}

TEST(TrainRun, DivergenceIsAFindingWithItsPlace) {
  const TestFolder data;
  RunSpec spec = points_run(data.path());
  spec.training.optimizer = {.name = "sgd", .lr = 1e30};
  spec.training.schedule = {.name = "constant"};
  const Failure failure = Training(spec).fail();
  EXPECT_EQ(failure.failure, FailureClass::kDiverged);
  EXPECT_THAT(failure.message, testing::MatchesRegex(".*not finite at epoch 1, step [2-5].*"));
}

TEST(TrainRun, BadInputIsNamed) {
  const TestFolder data;
  const auto expect_bad = [&](const std::function<void(RunSpec&)>& spoil, const char* message) {
    RunSpec spec = points_run(data.path());
    spoil(spec);
    const Failure failure = Training(spec).fail();
    EXPECT_EQ(failure.failure, FailureClass::kBadInput) << failure.message;
    EXPECT_THAT(failure.message, HasSubstr(message));
  };
  expect_bad([](RunSpec& s) { s.treatment.class_weights = {1, 1}; }, "class_weights: has 2 numbers for the 3 classes");
  expect_bad([](RunSpec& s) { s.treatment.class_weights = {0, 0, 0}; }, "at least one must be above 0");
  expect_bad([](RunSpec& s) { s.treatment.logit_offsets = {1, 2}; }, "logit_offsets: has 2 numbers for the 3 classes");
  expect_bad([](RunSpec& s) { s.treatment.margin = MarginSpec{.margins = {1}, .scale = 1}; }, "margins: has 1 numbers");
  expect_bad([](RunSpec& s) { s.treatment.smote_neighbours = 5; }, "smote_neighbours: needs epoch_rows");
  expect_bad([](RunSpec& s) { s.treatment.smote_features = true; }, "smote_features: needs smote_neighbours");
  expect_bad(
      [](RunSpec& s) {
        s.treatment.augmentation = ClassAugmentation{.probabilities = {1, 1, 1}, .flip = true};
      },
      "treatment.augmentation: flip and crop need images");
  expect_bad(
      [](RunSpec& s) {
        s.treatment.augmentation = ClassAugmentation{.probabilities = {1, 1, 1}, .swap = true};
      },
      "treatment.augmentation: swap needs texts");
  expect_bad([](RunSpec& s) { s.treatment.augmentation = ClassAugmentation{.probabilities = {1}}; },
             "augmentation.probabilities: has 1 numbers for the 3 classes");
  expect_bad([](RunSpec& s) { s.treatment.epoch_rows = {72}; }, "epoch_rows: has 1 numbers for the 3 classes");
  expect_bad(
      [](RunSpec& s) {
        s.treatment.epoch_rows = {24, 24, 23};
      },
      "the sum is 71, but there are 72 training rows");
  expect_bad([](RunSpec& s) { s.treatment.epoch_rows = {INT64_MAX, INT64_MAX, 74}; }, "more than the 72 training rows");
  expect_bad([](RunSpec& s) { s.model.name = "resnet20"; }, "needs images");
  expect_bad([](RunSpec& s) { s.trainer = "other-9"; }, "asks for the trainer \"other-9\"");
  expect_bad([](RunSpec& s) { s.training.schedule = {.name = "step"}; }, "schedule.every");
  expect_bad([](RunSpec& s) { s.training.augmentation.flip = true; }, "flip and crop need images");
  expect_bad([](RunSpec& s) { s.dataset.train_files[0].path += ".gone"; }, "points.csv.gone");
  expect_bad([](RunSpec& s) { s.dataset.train_files[0].sha256 = std::string(64, '0'); }, "has changed since");
}

TEST(TrainRun, MemoryThatCannotBeHadIsSaidToBeMissing) {
  const TestFolder data;
  RunSpec spec = points_run(data.path());
  spec.model.hidden = {65536, 65536};  // 16 GiB of weights between them
  const AddressSpaceLimit limit(int64_t{1} << 31);
  EXPECT_EQ(Training(spec).fail().failure, FailureClass::kOutOfMemory);
}

TEST(TrainRun, TellsTheMemoryThatItTook) {
  class Memory final : public RunObserver {
   public:
    void started(int64_t) override {}
    void progress(double, double) override {}
    bool stop_requested() override { return false; }
    void took_memory(uint64_t bytes) override { taken = bytes; }
    uint64_t taken = 0;
  };
  const TestFolder data;
  const auto taken = [&](int64_t width) {
    RunSpec spec = points_run(data.path());
    spec.model.hidden = {width, width};
    const TestFolder folder;
    DatasetCache cache;
    const SystemClock clock;
    Memory memory;
    train_run({.run = run_key(spec), .spec = spec, .folder = folder.path()}, cache, memory, clock);
    return memory.taken;
  };
  taken(8);  // whatever the first run leaves behind
  const uint64_t small = taken(8), large = taken(2048), again = taken(8);
  // Weights, gradients and Adam's two means: 4 x 16 MiB.
  EXPECT_GE(large, small + (uint64_t{60} << 20));
  EXPECT_LT(large, small + (uint64_t{200} << 20));
  EXPECT_GT(small, uint64_t{1} << 20);
  EXPECT_GT(again, 0u);
}

TEST(TrainRun, ADeviceThatIsNotThereIsBadInput) {
  const TestFolder data;
  Training training(points_run(data.path()));
  training.request().device = "abacus";
  EXPECT_THAT(training.fail().message, HasSubstr("\"abacus\" is not known"));
}

}  // namespace
}  // namespace evensweep

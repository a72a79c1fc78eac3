#include "agent/trainer/train_run.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <new>
#include <optional>
#include <utility>

#include "agent/trainer/checkpoint.h"
#include "agent/trainer/device.h"
#include "agent/trainer/evaluation.h"
#include "agent/trainer/memory.h"
#include "agent/trainer/training_loop.h"
#include "common/base/file.h"
#include "common/base/hash.h"
#include "common/base/log.h"
#include "common/model/json.h"

namespace evensweep {
namespace {

Status check_file(const DataFile& file) {
  EV_ASSIGN_OR_RETURN(const std::string sha256, sha256_hex_of_file(file.path));
  if (sha256 == file.sha256) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("{}: has changed since the sweep was submitted (its SHA-256 is {}, not {}); "
                  "restore it or submit the sweep again",
                  file.path, sha256, file.sha256));
}

// All that decides what is read, but not how it is divided.
std::string dataset_key(const DatasetSpec& spec) {
  Json key = to_json(RunSpec{.dataset = spec})["dataset"];
  key.erase("split");
  return key.dump();
}

Failure bad_input(const Status& status) {
  return {.failure = FailureClass::kBadInput, .message = std::string(status.message()), .stderr_tail = ""};
}

std::string iso_time(int64_t unix_millis) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(unix_millis / 1000)));
}

// One attempt at a run, its parts put together and ready to go.
class Attempt {
 public:
  Attempt(const RunRequest& request, const Examples& examples, Model& model, const Execution& execution,
          RunObserver& observer, const Clock& clock)
      : request_(request),
        examples_(examples),
        model_(model),
        execution_(execution),
        observer_(observer),
        clock_(clock),
        loop_(request.spec, examples, model, execution) {}

  TrainingOutcome train() {
    resume();
    observer_.started(loop_.position().epoch);
    mark_ = last_checkpoint_ = clock_.now();
    while (!loop_.done()) {
      if (observer_.stop_requested()) return stop();
      if (!loop_.epoch_trained()) {
        if (!train_step()) return diverged("loss or logits are");
        continue;
      }
      if (!evaluate_rows(examples_.split().validation, validation_)) return stop();
      if (!validation_->finite) return diverged("validation logits are");
      loop_.finish_epoch(*validation_);
    }
    return conclude();
  }

 private:
  void resume();
  void write_checkpoint();
  bool train_step();
  bool evaluate_rows(const std::vector<uint32_t>& rows, std::optional<Evaluation>& evaluation);
  TrainingOutcome conclude();
  TrainingOutcome stop() {
    write_checkpoint();
    return Stopped{};
  }
  TrainingOutcome diverged(const char* what) const {
    const Position& at = loop_.position();
    return Failure{.failure = FailureClass::kDiverged,
                   .message = fmt::format("{} not finite at epoch {}, step {}; try a lower learning rate", what,
                                          at.epoch + 1, std::min(at.step + 1, loop_.steps_per_epoch())),
                   .stderr_tail = ""};
  }
  // Adds the time since the last call to one of the two sums.
  void charge(double& seconds) {
    const TimePoint now = clock_.now();
    seconds += std::chrono::duration<double>(now - mark_).count();
    mark_ = now;
  }
  double examples_per_second(double examples, double seconds) const { return seconds > 0 ? examples / seconds : 0; }

  const RunRequest& request_;
  const Examples& examples_;
  Model& model_;
  Execution execution_;
  RunObserver& observer_;
  const Clock& clock_;
  TrainingLoop loop_;
  std::optional<Evaluation> validation_, test_;
  TimePoint mark_, last_checkpoint_;
  double train_seconds_ = 0, evaluate_seconds_ = 0;
  double resumed_train_seconds_ = 0;
  int64_t examples_here_ = 0;  // trained by this attempt
};

void Attempt::resume() {
  const std::string path = checkpoint_path(request_.folder);
  const StatusOr<std::string> file = read_file(path);
  if (absl::IsNotFound(file.status())) return;
  Status status = file.status();
  if (status.ok()) {
    const StatusOr<Checkpoint> checkpoint = decode_checkpoint(*file);
    status = checkpoint.status();
    if (status.ok() && checkpoint->run != request_.run) status = absl::DataLossError("checkpoint: of another run");
    if (status.ok()) status = loop_.restore(*checkpoint);
    if (status.ok()) {
      train_seconds_ = resumed_train_seconds_ = checkpoint->train_seconds;
      evaluate_seconds_ = checkpoint->evaluate_seconds;
      return;
    }
  }
  std::error_code ignored;
  std::filesystem::rename(path, path + ".unreadable", ignored);
  log(LogLevel::kWarning, "trainer",
      fmt::format("{}: {}; set aside as {}.unreadable, training starts anew", path, std::string(status.message()),
                  path));
}

void Attempt::write_checkpoint() {
  Checkpoint checkpoint{.run = request_.run, .train_seconds = train_seconds_, .evaluate_seconds = evaluate_seconds_};
  loop_.save(checkpoint);
  const Status status = write_file_atomically(checkpoint_path(request_.folder), encode_checkpoint(checkpoint));
  // Losing a checkpoint costs time only, losing the run would cost more.
  if (!status.ok()) log(LogLevel::kWarning, "trainer", "no checkpoint: " + std::string(status.message()));
  last_checkpoint_ = clock_.now();
}

bool Attempt::train_step() {
  const TrainingLoop::Step step = loop_.step();
  if (!step.finite) return false;
  charge(train_seconds_);
  examples_here_ += step.examples;
  const Position& at = loop_.position();
  observer_.progress(
      static_cast<double>(at.epoch * loop_.steps_per_epoch() + at.step) / static_cast<double>(loop_.total_steps()),
      examples_per_second(static_cast<double>(examples_here_), train_seconds_ - resumed_train_seconds_));
  if (request_.checkpoint_every > Duration(0) && mark_ - last_checkpoint_ >= request_.checkpoint_every)
    write_checkpoint();
  return true;
}

bool Attempt::evaluate_rows(const std::vector<uint32_t>& rows, std::optional<Evaluation>& evaluation) {
  const Position& at = loop_.position();
  const double fraction =
      static_cast<double>(at.epoch * loop_.steps_per_epoch() + at.step) / static_cast<double>(loop_.total_steps());
  evaluation = evaluate(model_, examples_, rows, execution_, [&] {
    observer_.progress(
        fraction, examples_per_second(static_cast<double>(examples_here_), train_seconds_ - resumed_train_seconds_));
    return !observer_.stop_requested();
  });
  charge(evaluate_seconds_);
  return evaluation.has_value();
}

TrainingOutcome Attempt::conclude() {
  // Resumed after the last epoch: its evaluation was not kept.
  if (!validation_ && !evaluate_rows(examples_.split().validation, validation_)) return stop();
  if (!evaluate_rows(examples_.split().test, test_)) return stop();
  if (!validation_->finite || !test_->finite) return diverged("test logits are");
  const double examples =
      static_cast<double>(examples_.split().train.size()) * static_cast<double>(request_.spec.training.epochs);
  return RunResult{.validation = std::move(validation_->confusion),
                   .test = std::move(test_->confusion),
                   .test_predictions = std::move(test_->predictions),
                   .curve = loop_.curve(),
                   .model_parameters = model_.parameter_count(),
                   .times = {.train_seconds = train_seconds_,
                             .evaluate_seconds = evaluate_seconds_,
                             .examples_per_second = examples_per_second(examples, train_seconds_),
                             .finished_at = iso_time(clock_.unix_millis())},
                   .environment = {.trainer = "evensweep-trainer " EVENSWEEP_VERSION,
                                   .libtorch = libtorch_version(),
                                   .device = describe_device(execution_.device),
                                   .threads = request_.spec.training.threads}};
}

StatusOr<Examples> load_examples(const RunSpec& spec, DatasetCache& cache) {
  EV_ASSIGN_OR_RETURN(std::shared_ptr<const Dataset> dataset, cache.get(spec.dataset));
  EV_ASSIGN_OR_RETURN(SplitRows split, split_rows(spec.dataset, *dataset, spec.seed));
  Examples examples(std::move(dataset), std::move(split));
  EV_RETURN_IF_ERROR(check_trainable(spec, examples));
  const auto neighbours = static_cast<size_t>(spec.treatment.smote_neighbours);
  if (neighbours > 0 && !spec.treatment.smote_features)
    EV_RETURN_IF_ERROR(examples.synthesise(spec.treatment.epoch_rows, neighbours, spec.chance()));
  return examples;
}

TrainingOutcome train_checked(const RunRequest& request, DatasetCache& cache, RunObserver& observer,
                              const Clock& clock) {
  const RunSpec& spec = request.spec;
  const StatusOr<at::Device> device = find_device(request.device);
  if (!device.ok()) return bad_input(device.status());
  prepare_libtorch(*device, spec.training.threads);
  begin_memory_peak(*device);
  const StatusOr<Examples> examples = load_examples(spec, cache);
  if (!examples.ok()) return bad_input(examples.status());
  const Execution execution{.device = *device,
                            .bf16 = spec.training.precision == "bf16",
                            .channels_last = spec.training.channels_last && examples->has_images(),
                            .cosine_logits = spec.treatment.margin.has_value(),
                            .levels = examples->levels()};
  const auto model = make_model(spec.model, examples->shape(), examples->classes(), spec.chance(), execution);
  if (!model.ok()) return bad_input(model.status());
  use_threads((*model)->useful_threads(spec.training.threads, spec.training.batch_size));
  TrainingOutcome outcome = Attempt(request, *examples, **model, execution, observer, clock).train();
  if (std::holds_alternative<RunResult>(outcome)) observer.took_memory(memory_peak(*device));
  return outcome;
}

std::string first_line(std::string_view text) { return std::string(text.substr(0, text.find('\n'))); }

// libtorch goes on with settings of its allocator, which would not help here.
std::string without_advice(const std::string& message) { return message.substr(0, message.find(". If reserved but")); }

bool says_out_of_memory(const std::string& what) {
  constexpr std::string_view kWords[] = {"DefaultCPUAllocator", "CUDA error: out of memory", "STATUS_ALLOC_FAILED"};
  return std::ranges::any_of(kWords, [&what](std::string_view words) { return what.find(words) != std::string::npos; });
}

Failure failure_of(const std::exception& exception) {
  const auto* of_torch = dynamic_cast<const c10::Error*>(&exception);
  const std::string what = of_torch != nullptr ? of_torch->what_without_backtrace() : exception.what();
  // On the CPU libtorch reports memory that it cannot get as a plain error, and so do CUDA's own libraries on a GPU.
  const bool memory = dynamic_cast<const std::bad_alloc*>(&exception) != nullptr ||
                      dynamic_cast<const c10::OutOfMemoryError*>(&exception) != nullptr || says_out_of_memory(what);
  if (memory)
    return {.failure = FailureClass::kOutOfMemory,
            .message =
                "out of memory: " + without_advice(first_line(what)) + "; use a smaller batch or fewer runs at a time",
            .stderr_tail = ""};
  return {.failure = FailureClass::kTrainerError, .message = "libtorch: " + first_line(what), .stderr_tail = ""};
}

}  // namespace

std::string checkpoint_path(const std::string& folder) { return folder + "/checkpoint"; }

StatusOr<std::shared_ptr<const Dataset>> DatasetCache::get(const DatasetSpec& spec) {
  std::string key = dataset_key(spec);
  if (dataset_ != nullptr && key == key_) return dataset_;
  dataset_.reset();  // before the next one is read: two might not fit
  for (const auto* files : {&spec.train_files, &spec.validation_files, &spec.test_files})
    for (const DataFile& file : *files) EV_RETURN_IF_ERROR(check_file(file));
  EV_ASSIGN_OR_RETURN(Dataset dataset, load_dataset(spec));
  dataset_ = std::make_shared<const Dataset>(std::move(dataset));
  key_ = std::move(key);
  return dataset_;
}

TrainingOutcome train_run(const RunRequest& request, DatasetCache& cache, RunObserver& observer, const Clock& clock) {
  try {
    return train_checked(request, cache, observer, clock);
  } catch (const std::exception& exception) {
    return failure_of(exception);
  }
}

}  // namespace evensweep

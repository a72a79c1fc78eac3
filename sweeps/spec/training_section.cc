#include <fmt/format.h>

#include <limits>

#include "common/model/model_description.h"
#include "sweeps/spec/sections.h"

namespace evensweep {
namespace {

constexpr int64_t kMostEpochs = 1'000'000, kMostBatch = 1'000'000, kMostThreads = 1024;
constexpr double kLargest = std::numeric_limits<double>::max();
constexpr Range kPositive{.least = 0, .most = kLargest, .least_excluded = true};
constexpr Range kNotNegative{.least = 0, .most = kLargest};
constexpr Range kFraction{.least = 0, .most = 1, .most_excluded = true};
constexpr Range kInside{.least = 0, .most = 1, .least_excluded = true, .most_excluded = true};

OptimizerSpec read_optimizer(Section& training) {
  OptimizerSpec optimizer;
  optimizer.name = training.word("optimizer", "sgd", {"sgd", "adam"});
  const bool sgd = optimizer.name == "sgd";
  optimizer.lr = training.number("lr", sgd ? 0.1 : 0.001, kPositive);
  optimizer.weight_decay = training.number("weight_decay", 0, kNotNegative);
  optimizer.momentum = 0;
  if (!sgd) {
    for (const char* name : {"momentum", "nesterov"}) training.refuse(name, "has no effect with adam; remove it");
    return optimizer;
  }
  optimizer.momentum = training.number("momentum", 0.9, kFraction);
  optimizer.nesterov = training.flag("nesterov", false);
  if (optimizer.nesterov && optimizer.momentum == 0)
    training.fail_key("nesterov", "needs a momentum above 0; raise it or remove nesterov");
  return optimizer;
}

// What each schedule's own keys are; a key of another one has no effect.
bool takes(const std::string& schedule, std::string_view key) {
  if (key == "every" || key == "factor") return schedule == "step" || schedule == "exponential";
  if (key == "warmup_fraction") return schedule == "one_cycle";
  return schedule == "cosine" || schedule == "one_cycle";  // min_factor
}

ScheduleSpec read_schedule(Section& training) {
  const std::vector<std::string> known = {"constant", "cosine", "one_cycle", "step", "exponential"};
  ScheduleSpec schedule;
  const auto value = training.find("schedule");
  if (!value) return schedule;
  if (!value->is_map()) {
    const auto name = value->word(known);
    if (name == "step" || name == "exponential")
      value->fail(fmt::format("{0} needs its numbers; write {{name: {0}, every: 30, factor: 0.1}}", *name));
    schedule.name = name.value_or(schedule.name);
    if (name == "one_cycle") schedule.warmup_fraction = 0.3;
    return schedule;
  }
  Section section(*value);
  const auto name = section.need("name");
  const auto word = name ? name->word(known) : std::nullopt;
  schedule.name = word.value_or(schedule.name);
  for (const char* key : {"every", "factor", "warmup_fraction", "min_factor"})
    if (!takes(schedule.name, key))
      section.refuse(key, fmt::format("has no effect with the schedule {}; remove it", schedule.name));
  if (takes(schedule.name, "every")) {
    const auto every = section.need("every"), factor = section.need("factor");
    schedule.every = every ? every->integer(1, std::numeric_limits<int32_t>::max()).value_or(1) : 1;
    schedule.factor = factor ? factor->number(kInside).value_or(0.1) : 0.1;
  }
  if (takes(schedule.name, "warmup_fraction"))
    schedule.warmup_fraction = section.number("warmup_fraction", 0.3, kInside);
  if (takes(schedule.name, "min_factor")) schedule.min_factor = section.number("min_factor", 0, kFraction);
  section.end();
  return schedule;
}

AugmentationSpec read_augmentation(Section& training, DatasetFormat format) {
  AugmentationSpec augmentation;
  if (format == DatasetFormat::kCsv) {
    training.refuse("augmentation", "has no effect with the format csv, it is for images; remove it");
    return augmentation;
  }
  const auto value = training.find("augmentation");
  if (!value) return augmentation;
  Section section(*value);
  const bool text = format == DatasetFormat::kText;
  for (const char* key : {"flip", "crop"})
    if (text) section.refuse(key, "has no effect with the format text, it is for images; remove it");
  if (!text) section.refuse("swap", "has no effect with images, it is for texts; remove it");
  augmentation.swap = text ? section.number("swap", 0, {.least = 0, .most = 1}) : 0;
  if (text) {
    section.end();
    return augmentation;
  }
  augmentation.flip = section.flag("flip", false);
  augmentation.crop_padding = section.integer("crop", 0, 0, 16);
  section.end();
  return augmentation;
}

}  // namespace

int64_t read_threads(Section& section) {
  const auto threads = section.find("threads");
  if (!threads) return 1;
  if (threads->is_scalar() && threads->node().text == "auto") return kAutoThreads;
  return threads->integer(1, kMostThreads).value_or(1);
}

TrainingSpec read_training(const Value& value, DatasetFormat format, const ModelSpec& model) {
  TrainingSpec training;
  Section section(value);
  const auto epochs = section.need("epochs");
  training.epochs = epochs ? epochs->integer(1, kMostEpochs).value_or(1) : 1;
  training.batch_size = section.integer("batch_size", 128, 1, kMostBatch);
  training.optimizer = read_optimizer(section);
  training.schedule = read_schedule(section);
  training.augmentation = read_augmentation(section, format);
  training.precision = section.word("precision", "fp32", {"fp32", "bf16"});
  if (model.name == "mlp" || inputs_of(format) != Inputs::kImages)
    section.refuse("channels_last", fmt::format("has no effect with {}; remove it", model.name));
  else
    training.channels_last = section.flag("channels_last", false);
  training.threads = read_threads(section);
  section.end();
  return training;
}

}  // namespace evensweep

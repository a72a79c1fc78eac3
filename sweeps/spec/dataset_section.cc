#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "common/base/text.h"
#include "sweeps/spec/sections.h"

namespace evensweep {
namespace {

void read_files(const Value& value, std::vector<DataFile>& files, DatasetDraft& draft) {
  for (const Value& item : value.one_or_list()) {
    const auto path = item.text();
    if (!path) continue;
    const DatasetSpec& spec = draft.spec;
    for (const auto* list : {&spec.train_files, &spec.validation_files, &spec.test_files})
      for (const DataFile& file : *list)
        if (file.path == *path)
          item.fail(fmt::format("the file {} is listed twice; its rows may be in one place only", in_quotes(*path)));
    files.push_back({.path = *path, .sha256 = ""});
    draft.file_places.push_back(item.place());
  }
}

void read_all_files(Section& dataset, DatasetDraft& draft) {
  const bool listed_by_part = dataset.has("train");
  if (listed_by_part) {
    dataset.refuse("path", "has no effect beside train; list all training files under train");
  } else {
    for (const char* part : {"validation", "test"})
      dataset.refuse(part, "needs train beside it; name the training files under train instead of path");
  }
  const auto train = listed_by_part ? dataset.find("train") : dataset.need("path");
  if (train) read_files(*train, draft.spec.train_files, draft);
  if (!listed_by_part) return;
  if (const auto files = dataset.find("validation")) read_files(*files, draft.spec.validation_files, draft);
  if (const auto files = dataset.find("test")) read_files(*files, draft.spec.test_files, draft);
}

// A tenth each of what has no files of its own, as is usual.
constexpr double kUsualFraction = 0.1;

void read_fractions(Section& split, DatasetSpec& spec, bool validation_files, bool test_files) {
  const Range range{.least = 0, .most = 1, .least_excluded = true, .most_excluded = true};
  const char* own_files = "has no effect: there are files for it; remove it";
  if (validation_files) split.refuse("validation", own_files);
  if (test_files) split.refuse("test", own_files);
  const bool any =
      split.has("train") || (!validation_files && split.has("validation")) || (!test_files && split.has("test"));
  if (!any) return;
  double sum = 0;
  bool complete = true;
  const auto fraction = [&](const char* name) {
    const auto value = split.need(name);
    const auto number = value ? value->number(range) : std::nullopt;
    complete = complete && number.has_value();
    sum += number.value_or(0);
    return number.value_or(0);
  };
  fraction("train");
  if (!validation_files) spec.split.validation_fraction = fraction("validation");
  if (!test_files) spec.split.test_fraction = fraction("test");
  complete = complete && !(validation_files && split.has("validation")) && !(test_files && split.has("test"));
  if (complete && std::abs(sum - 1) > 1e-9)
    split.fail(fmt::format("the fractions add up to {:.12g}; they must add up to 1", sum));
}

void read_split(Section& dataset, DatasetSpec& spec) {
  const bool validation_files = dataset.has("validation"), test_files = dataset.has("test");
  if (validation_files && test_files) {
    dataset.refuse("split", "has no effect: training, validation and test have files of their own; remove it");
    return;
  }
  spec.split.validation_fraction = validation_files ? 0 : kUsualFraction;
  spec.split.test_fraction = test_files ? 0 : kUsualFraction;
  const auto value = dataset.find("split");
  if (!value) return;
  Section split(*value);
  read_fractions(split, spec, validation_files, test_files);
  if (const auto seed = split.find("seed"); seed && !(seed->is_scalar() && seed->node().text == "block")) {
    if (seed->is_scalar() && !seed->node().text.empty() &&
        std::isalpha(static_cast<unsigned char>(seed->node().text[0])))
      seed->fail(fmt::format("{} is neither block nor a whole number", in_quotes(seed->node().text)));
    else
      spec.split.seed = seed->seed();
  }
  split.end();
}

void read_columns(Section& dataset, DatasetSpec& spec) {
  if (spec.format == DatasetFormat::kCifar10) {
    dataset.refuse("columns", "has no effect with the format cifar10; remove it");
    return;
  }
  spec.columns.label = "label";
  const auto value = dataset.find("columns");
  if (!value) return;
  Section columns(*value);
  spec.columns.label = columns.text("label", "label");
  if (const auto features = columns.find("features")) {
    for (const Value& item : features->list()) {
      const auto name = item.text();
      if (!name) continue;
      if (*name == spec.columns.label)
        item.fail(fmt::format("{} is the label column; a feature must be another one", in_quotes(*name)));
      if (std::find(spec.columns.features.begin(), spec.columns.features.end(), *name) != spec.columns.features.end())
        item.fail(fmt::format("{} is listed twice; remove one", in_quotes(*name)));
      spec.columns.features.push_back(*name);
    }
  }
  columns.end();
}

}  // namespace

DatasetDraft read_dataset(const Value& value) {
  DatasetDraft draft;
  Section dataset(value);
  const auto format = dataset.need("format");
  const auto word = format ? format->word({"csv", "cifar10"}) : std::nullopt;
  draft.spec.format = word == "cifar10" ? DatasetFormat::kCifar10 : DatasetFormat::kCsv;
  read_all_files(dataset, draft);
  const std::string usual_name =
      draft.spec.train_files.empty() ? "" : std::filesystem::path(draft.spec.train_files[0].path).stem().string();
  draft.spec.name = dataset.text("name", usual_name);
  if (word)
    read_columns(dataset, draft.spec);
  else
    dataset.refuse("columns", "cannot be checked without a format");
  read_split(dataset, draft.spec);
  dataset.end();
  return draft;
}

}  // namespace evensweep

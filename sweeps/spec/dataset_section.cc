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

// Names of different columns. Among features there is no label; `label` is empty where it may be named.
std::vector<std::string> read_names(const Value& list, const std::string& label) {
  std::vector<std::string> names;
  for (const Value& item : list.list()) {
    const auto name = item.text();
    if (!name) continue;
    if (*name == label)
      item.fail(fmt::format("{} is the label column; a feature must be another one", in_quotes(*name)));
    if (std::find(names.begin(), names.end(), *name) != names.end())
      item.fail(fmt::format("{} is listed twice; remove one", in_quotes(*name)));
    names.push_back(*name);
  }
  return names;
}

MissingSpec read_missing(Section& columns, bool any_categorical) {
  MissingSpec missing;
  const auto value = columns.find("missing");
  if (!value) return missing;
  Section section(*value);
  if (const auto values = section.need("values"))
    for (const Value& item : values->list()) {
      if (!item.is_scalar())
        item.fail("is no text; write what the cells hold, \"\" for empty ones");
      else
        missing.values.push_back(item.node().text);
    }
  missing.numeric = section.word("numeric", "mean", {"mean", "median", "error"});
  if (any_categorical)
    missing.categorical = section.word("categorical", "own_level", {"own_level", "error"});
  else
    section.refuse("categorical", "has no effect without columns.categorical; remove it");
  section.end();
  return missing;
}

void read_columns(Section& dataset, DatasetSpec& spec) {
  if (spec.format == DatasetFormat::kCifar10) {
    dataset.refuse("columns", "has no effect with the format cifar10; remove it");
    return;
  }
  spec.columns.label = "label";
  const auto value = dataset.find("columns");
  if (!value) return;
  Section section(*value);
  CsvColumns& columns = spec.columns;
  columns.label = section.text("label", "label");
  if (const auto names = section.find("names")) columns.names = read_names(*names, "");
  if (const auto features = section.find("features")) columns.features = read_names(*features, columns.label);
  if (const auto categorical = section.find("categorical")) {
    columns.categorical = read_names(*categorical, columns.label);
    columns.encoding = section.word("encoding", "one_hot", {"one_hot", "embedding"});
  } else {
    section.refuse("encoding", "has no effect without columns.categorical; remove it");
  }
  columns.missing = read_missing(section, section.has("categorical"));
  section.end();
}

}  // namespace

DatasetDraft read_dataset(const Value& value) {
  DatasetDraft draft;
  Section dataset(value);
  const auto format = dataset.need("format");
  const auto word = format ? format->word({"csv", "cifar10", "text"}) : std::nullopt;
  draft.spec.format = word == "text"      ? DatasetFormat::kText
                      : word == "cifar10" ? DatasetFormat::kCifar10
                                          : DatasetFormat::kCsv;
  read_all_files(dataset, draft);
  const std::string usual_name =
      draft.spec.train_files.empty() ? "" : std::filesystem::path(draft.spec.train_files[0].path).stem().string();
  draft.spec.name = dataset.text("name", usual_name);
  if (word == "text") {
    read_text_columns(dataset, draft.spec.columns);
    draft.spec.text = read_text(dataset);
  } else if (word) {
    read_columns(dataset, draft.spec);
    dataset.refuse("text", fmt::format("has no effect with the format {}; remove it", *word));
  } else {
    for (const char* key : {"columns", "text"}) dataset.refuse(key, "cannot be checked without a format");
  }
  read_split(dataset, draft.spec);
  draft.spec.split.balanced = dataset.flag("balanced", false);
  dataset.end();
  return draft;
}

}  // namespace evensweep

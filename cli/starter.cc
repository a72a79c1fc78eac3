#include "cli/starter.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <numeric>

#include "common/base/text.h"
#include "common/model/json.h"

namespace evensweep {
namespace {

constexpr size_t kLineWidth = 116;

// "key: [a, b, c]", broken into lines where it is long.
std::string list_text(size_t indent, const std::string& key, const std::vector<std::string>& items) {
  const std::string begin = std::string(indent, ' ') + key + ": [";
  std::string text, line = begin;
  for (size_t i = 0; i < items.size(); ++i) {
    const std::string item = yaml_text(items[i]) + (i + 1 < items.size() ? "," : "]");
    const bool first = line.size() == begin.size();
    if (!first && line.size() + 1 + item.size() > kLineWidth) {
      text += line + "\n";
      line = std::string(begin.size(), ' ') + item;
    } else {
      line += (first ? "" : " ") + item;
    }
  }
  return text + line + "\n";
}

std::string columns_text(const CsvColumns& columns) {
  std::string text = "  columns:\n";
  if (!columns.names.empty())
    text += "    # The file has no header line: the names of its columns, in order. Give them better ones.\n" +
            list_text(4, "names", columns.names);
  text += "    label: " + yaml_text(columns.label) + "    # the column with the classes\n";
  if (columns.features.empty())
    text += "    # All other columns are features; features: [a, b] would choose some.\n";
  else
    text += list_text(4, "features", columns.features);
  if (!columns.categorical.empty()) {
    text += list_text(4, "categorical", columns.categorical);
    text += "    encoding: " + columns.encoding + "    # or " +
            (columns.encoding == "one_hot" ? "embedding, a learned vector for each name"
                                           : "one_hot, a column of 0 and 1 for each name") +
            "\n";
  }
  if (columns.missing.values.empty()) return text;
  text += "    # What stands for a value that is not known, and what stands in for it.\n    missing:\n";
  text += list_text(6, "values", columns.missing.values);
  text += "      numeric: " + columns.missing.numeric + "\n";
  if (!columns.categorical.empty()) text += "      categorical: " + columns.missing.categorical + "\n";
  return text;
}

std::string files_text(const DatasetSpec& dataset) {
  if (dataset.test_files.empty()) return "  path: " + yaml_text(dataset.train_files[0].path) + "\n";
  const auto files = [](const char* key, const std::vector<DataFile>& list) {
    std::vector<std::string> paths;
    for (const DataFile& file : list) paths.push_back(file.path);
    return list_text(2, key, paths);
  };
  return files("train", dataset.train_files) + files("test", dataset.test_files);
}

std::string split_text(const SplitSpec& split) {
  std::string text = "  split:                  # of each class alike; weights are made from validation, methods are\n";
  text += "    # judged on test\n";
  text += fmt::format("    train: {:.12g}\n    validation: {:.12g}\n",
                      1 - split.validation_fraction - split.test_fraction, split.validation_fraction);
  if (split.test_fraction > 0) text += fmt::format("    test: {:.12g}\n", split.test_fraction);
  return text + "    seed: block           # every seed divides anew\n";
}

std::string balance_text(const ClassTable& classes) {
  std::vector<int64_t> sizes;
  for (size_t c = 0; c < classes.names.size(); ++c)
    sizes.push_back(classes.train[c] + classes.validation[c] + classes.test[c]);
  const auto [least, most] = std::minmax_element(sizes.begin(), sizes.end());
  if (*least == *most) return "";
  return fmt::format(
      "  # The classes have {} to {} rows. balanced: true would take {} of each, so that their sizes play no part.\n"
      "  balanced: false\n",
      *least, *most, *least);
}

std::string model_text(const Starter& starter, int64_t rows) {
  if (starter.dataset.format == DatasetFormat::kCifar10)
    return "model: peifer_cnn\n\n"
           "# How every network of this sweep is trained, with and without rebalancing.\n"
           "training:\n  epochs: 3\n  batch_size: 128\n  optimizer: adam\n  lr: 0.001\n  augmentation: {flip: true}\n"
           "  channels_last: true\n";
  const bool few = rows < 5000;
  return fmt::format(
      "model:\n  name: mlp\n  hidden: [{}]            # widths of the hidden layers\n\n"
      "# How every network of this sweep is trained, with and without rebalancing.\n"
      "training:\n  epochs: {}\n  batch_size: {}\n  lr: {}\n  schedule: cosine\n",
      few ? 32 : 64, few ? 30 : 15, few ? 32 : 128, few ? 0.02 : 0.05);
}

}  // namespace

std::string yaml_text(const std::string& text) {
  static constexpr std::array kWords = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"};
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  const bool word = std::find(kWords.begin(), kWords.end(), lower) != kWords.end();
  const bool plain = !text.empty() && !word && std::isalpha(static_cast<unsigned char>(text[0])) != 0 &&
                     std::all_of(text.begin(), text.end(), [](unsigned char c) {
                       return c < 0x80 && (std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.' || c == '/');
                     });
  return plain ? text : Json(text).dump();
}

std::string starter_text(const Starter& starter) {
  const ClassTable& classes = starter.classes;
  const int64_t rows = std::accumulate(classes.train.begin(), classes.train.end(), int64_t{0});
  const bool table = starter.dataset.format == DatasetFormat::kCsv;
  std::string text = fmt::format(
      "# Which methods even out the true positive rates of {} classes? A first sweep to be changed at will: 6 arms "
      "and\n"
      "# the baseline at 10 seeds = 70 trainings. docs/format/sweep.md describes every key.\n"
      "#\n#   evensweep plan FILE    what would be trained, and what can be shown with so many seeds\n"
      "#   evensweep run FILE     train it here and write the report\n\n"
      "version: 1\nname: {}\n\ndataset:\n  name: {}\n  format: {}\n",
      classes.names.size(), yaml_text(starter.name), yaml_text(starter.dataset.name), table ? "csv" : "cifar10");
  text += files_text(starter.dataset);
  for (const std::string& remark : starter.remarks) text += "  # " + remark + "\n";
  if (table) text += columns_text(starter.dataset.columns);
  text += balance_text(classes);
  text += split_text(starter.dataset.split);
  text += "\n" + model_text(starter, rows);
  text +=
      "\n# 0 to 9. A seed fixes division, initial weights and data order for all arms alike, so that they are "
      "compared\n"
      "# in pairs. More seeds show smaller effects.\n"
      "seeds: 10\n\n"
      "# The baseline (no rebalancing) is always there. docs/methods.md has all methods.\n"
      "methods:\n"
      "  - method: tpr_weighting       # weights (mean TPR / TPR of the class)^gamma from the validation results\n"
      "    gamma: [0.5, 1, 2]\n"
      "  - method: effective_number    # weights from the number of examples, times TPR\n"
      "    beta: 0.999\n"
      "    counts: tpr\n"
      "  - method: focal               # plays down examples that are already well classified\n"
      "    gamma: [1, 2]\n\n"
      "# Fixed before anything is trained, so that the answer cannot be chosen afterwards.\n"
      "analysis:\n  alpha: 0.05\n  accuracy_margin: 0.01   # a method may cost less than one point of accuracy\n"
      "  primary: {method: tpr_weighting, gamma: 1}\n";
  return text;
}

}  // namespace evensweep

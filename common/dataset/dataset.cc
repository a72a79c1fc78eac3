#include "common/dataset/dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>

#include "common/base/file.h"
#include "common/base/text.h"
#include "common/dataset/catalogue.h"
#include "common/dataset/cifar10.h"
#include "common/dataset/csv.h"

namespace evensweep {
namespace {

using AppendFile = std::function<Status(const std::string& path, std::string_view bytes)>;

Status append_files(const std::vector<DataFile>& files, const AppendFile& append) {
  for (const DataFile& file : files) {
    EV_ASSIGN_OR_RETURN(const std::string bytes, read_file(file.path));
    EV_RETURN_IF_ERROR(append(file.path, bytes));
  }
  return absl::OkStatus();
}

Status append_all(const DatasetSpec& spec, const AppendFile& append, Dataset& dataset) {
  EV_RETURN_IF_ERROR(append_files(spec.train_files, append));
  dataset.train_file_rows = dataset.rows;
  EV_RETURN_IF_ERROR(append_files(spec.validation_files, append));
  dataset.validation_file_rows = dataset.rows - dataset.train_file_rows;
  return append_files(spec.test_files, append);
}

StatusOr<Dataset> load_csv(const DatasetSpec& spec) {
  Dataset dataset;
  CsvReader reader(spec.columns, dataset);
  const auto append = [&](const std::string& path, std::string_view bytes) { return reader.read(path, bytes); };
  EV_RETURN_IF_ERROR(append_all(spec, append, dataset));
  EV_RETURN_IF_ERROR(reader.finish());
  return dataset;
}

StatusOr<Dataset> load_text(const DatasetSpec& spec) {
  EV_RETURN_IF_ERROR(check_alphabet(spec.text.alphabet));
  Dataset dataset;
  TextRows texts(spec.text, dataset);
  CsvReader reader(spec.columns, dataset, &texts);
  const auto append = [&](const std::string& path, std::string_view bytes) { return reader.read(path, bytes); };
  EV_RETURN_IF_ERROR(append_all(spec, append, dataset));
  EV_RETURN_IF_ERROR(reader.finish());
  texts.finish();
  return dataset;
}

StatusOr<Dataset> load_cifar10(const DatasetSpec& spec) {
  Dataset dataset;
  const auto append = [&](const std::string& path, std::string_view bytes) {
    return append_cifar10(path, bytes, dataset);
  };
  EV_RETURN_IF_ERROR(append_all(spec, append, dataset));
  EV_ASSIGN_OR_RETURN(dataset.class_names, cifar10_class_names(spec.train_files[0].path));
  const bool one_class = std::all_of(dataset.labels.begin(), dataset.labels.end(),
                                     [&](uint16_t label) { return label == dataset.labels[0]; });
  if (!one_class) return dataset;
  return absl::InvalidArgumentError(fmt::format("{}: every record has the label {}; at least two classes are needed",
                                                spec.train_files[0].path, dataset.labels[0]));
}

}  // namespace

StatusOr<Dataset> load_dataset(const DatasetSpec& spec) {
  if (spec.train_files.empty())
    return absl::InvalidArgumentError("data set " + spec.name + ": no training files; name at least one");
  if (spec.format == DatasetFormat::kText) return load_text(spec);
  return spec.format == DatasetFormat::kCsv ? load_csv(spec) : load_cifar10(spec);
}

StatusOr<std::string> find_data_file(const std::string& path, std::span<const std::string> folders_in_order) {
  namespace fs = std::filesystem;
  const auto is_file = [](const fs::path& candidate) {
    std::error_code ignored;
    return fs::exists(candidate, ignored) && !fs::is_directory(candidate, ignored);
  };
  if (fs::path(path).is_absolute()) {
    if (is_file(path)) return path;
    return absl::NotFoundError(fmt::format("no data file {}; correct the path", in_quotes(path)));
  }
  std::string tried;
  for (const std::string& folder : folders_in_order) {
    if (folder.empty()) continue;
    if (fs::path candidate = fs::path(folder) / path; is_file(candidate)) return candidate.lexically_normal().string();
    tried += (tried.empty() ? "" : ", ") + folder;
  }
  const KnownDataset* known = known_dataset_of_file(path);
  return absl::NotFoundError(fmt::format(
      "no data file {} in {}; put it there, or name its folder with --data or EVENSWEEP_DATA{}", in_quotes(path),
      tried.empty() ? "any folder" : tried,
      known != nullptr ? fmt::format("; \"evensweep data fetch {}\" gets it", known->name) : std::string()));
}

}  // namespace evensweep

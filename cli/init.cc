#include "cli/init.h"

#include <fmt/format.h>

#include <cctype>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/exit_code.h"
#include "cli/places.h"
#include "cli/starter.h"
#include "cli/terminal.h"
#include "common/base/file.h"
#include "common/base/text.h"
#include "common/dataset/catalogue.h"
#include "common/dataset/dataset.h"
#include "common/dataset/survey.h"
#include "sweeps/spec/load.h"

namespace evensweep {
namespace {

namespace fs = std::filesystem;

struct InitOptions {
  std::string source, label, out, data;
  bool force = false;
};

// A name that a sweep may have: letters, digits, - _ .
std::string sweep_name(const std::string& text) {
  std::string name;
  for (const unsigned char c : text.substr(0, 100))
    name += c < 0x80 && (std::isalnum(c) || c == '.' || c == '_') ? static_cast<char>(c) : '-';
  return name.empty() ? "sweep" : name;
}

std::vector<std::string> remarks_on(const TableSurvey& survey, const CsvColumns& columns) {
  std::vector<std::string> remarks;
  for (const ColumnSurvey& column : survey.columns) {
    if (column.name == columns.label) continue;
    const char* why = column.kind == ColumnKind::kIdentifier ? "tells rows apart, not kinds of them"
                      : column.kind == ColumnKind::kConstant ? "is constant"
                      : column.kind == ColumnKind::kEmpty    ? "is empty"
                                                             : nullptr;
    if (why != nullptr) remarks.push_back(fmt::format("Column {} {}: left out.", in_quotes(column.name), why));
  }
  return remarks;
}

// From a CSV file at `path`, which the sweep is to call `written`.
StatusOr<Starter> from_table(const std::string& path, const std::string& written, const std::string& label) {
  EV_ASSIGN_OR_RETURN(const std::string text, read_file(path));
  EV_ASSIGN_OR_RETURN(const TableSurvey survey, survey_csv(path, text));
  Starter starter;
  EV_ASSIGN_OR_RETURN(const LabelChoice choice, choose_label(survey, path, label));
  if (!choice.why.empty())
    say(fmt::format("the classes are those of column {}: {}; --label names another", in_quotes(choice.name),
                    choice.why));
  EV_ASSIGN_OR_RETURN(starter.dataset, propose_dataset(survey, path, label));
  EV_ASSIGN_OR_RETURN(const Dataset dataset, load_dataset(starter.dataset));
  EV_ASSIGN_OR_RETURN(starter.classes, count_classes(starter.dataset, dataset));
  starter.remarks = remarks_on(survey, starter.dataset.columns);
  starter.dataset.train_files[0].path = written;
  starter.name = sweep_name(starter.dataset.name);
  return starter;
}

StatusOr<Starter> from_cifar10(const std::vector<std::string>& folders) {
  Starter starter{.name = "cifar10"};
  starter.dataset.name = "cifar10";
  starter.dataset.format = DatasetFormat::kCifar10;
  starter.dataset.split = {.validation_fraction = 0.1, .test_fraction = 0, .seed = {}};
  for (int batch = 1; batch <= 5; ++batch)
    starter.dataset.train_files.push_back({.path = fmt::format("cifar10/data_batch_{}.bin", batch), .sha256 = ""});
  starter.dataset.test_files.push_back({.path = "cifar10/test_batch.bin", .sha256 = ""});
  DatasetSpec found = starter.dataset;
  for (auto* files : {&found.train_files, &found.test_files})
    for (DataFile& file : *files) {
      EV_ASSIGN_OR_RETURN(file.path, find_data_file(file.path, folders));
    }
  EV_ASSIGN_OR_RETURN(const Dataset dataset, load_dataset(found));
  EV_ASSIGN_OR_RETURN(starter.classes, count_classes(found, dataset));
  return starter;
}

StatusOr<Starter> starter_of(const InitOptions& options, const std::vector<std::string>& folders) {
  std::error_code ignored;
  if (fs::is_regular_file(options.source, ignored)) {
    // Beside the sweep file it is found by its name, from elsewhere by its full path.
    const fs::path path(options.source);
    const fs::path beside = fs::path(options.out).parent_path();
    const bool same = fs::weakly_canonical(path.parent_path().empty() ? "." : path.parent_path(), ignored) ==
                      fs::weakly_canonical(beside.empty() ? "." : beside, ignored);
    return from_table(options.source, same ? path.filename().string() : fs::absolute(path, ignored).string(),
                      options.label);
  }
  const StatusOr<const KnownDataset*> known = find_known_dataset(options.source);
  if (!known.ok() || options.source.find('/') != options.source.npos || options.source.ends_with(".csv"))
    return absl::NotFoundError(fmt::format("{} is neither a file nor a known data set; evensweep data ls lists those",
                                           in_quotes(options.source)));
  if (!options.label.empty())
    return absl::InvalidArgumentError("--label has no effect with a known data set; remove it");
  if ((*known)->name == "cifar10") return from_cifar10(folders);
  if ((*known)->name == "names")
    return absl::InvalidArgumentError("names is a text data set; begin with a copy of sweeps/names.yaml");
  const std::string& file = (*known)->files[0].path;
  EV_ASSIGN_OR_RETURN(const std::string path, find_data_file(file, folders));
  EV_ASSIGN_OR_RETURN(Starter starter, from_table(path, file, ""));
  starter.name = starter.dataset.name = (*known)->name;
  return starter;
}

Status init(InitOptions options) {
  if (options.out.empty()) options.out = sweep_name(fs::path(options.source).stem().string()) + ".yaml";
  std::error_code ignored;
  if (!options.force && fs::exists(options.out, ignored))
    return absl::FailedPreconditionError(
        fmt::format("{} is there already; name another file with --out, or replace it with --force", options.out));
  const std::vector<std::string> folders = data_folders(options.data, options.out);
  EV_ASSIGN_OR_RETURN(const Starter starter, starter_of(options, folders));
  const std::string text = starter_text(starter);
  // What is written runs as it is.
  DraftOrErrors parsed = parse_sweep_file(text, options.out);
  if (!parsed.draft) return absl::InternalError("the sweep made of this file does not parse: " + parsed.errors[0]);
  EV_RETURN_IF_ERROR(resolve(*std::move(parsed.draft), folders).status());
  EV_RETURN_IF_ERROR(replace_file(options.out, text));
  say(fmt::format("look at {0}, then: evensweep plan {0}, evensweep run {0}", options.out));
  return print(options.out);
}

}  // namespace

void add_init(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<InitOptions>();
  CLI::App* verb = app.add_subcommand("init", "Write a commented sweep file for a data file or a known data set");
  verb->footer(
      "Examples:\n"
      "  evensweep init my.csv --label diagnosis    my.yaml, from what the file seems to hold\n"
      "  evensweep init satimage                    for a data set that evensweep data knows");
  verb->add_option("source", options->source, "CSV file, or name of a known data set")->required();
  verb->add_option("--label", options->label, "Column with the classes (default: guessed)");
  verb->add_option("--out", options->out, "Sweep file to write (default: <name of the source>.yaml)");
  verb->add_option("--data", options->data, "Folder in which data files are looked up first");
  verb->add_flag("--force", options->force, "Replace the file if it is there");
  verb->callback([options, &exit_code] {
    const Status status = init(*options);
    if (!status.ok()) say(std::string(status.message()));
    exit_code = exit_code_of(status);
  });
}

}  // namespace evensweep

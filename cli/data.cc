#include "cli/data.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cli/exit_code.h"
#include "cli/fetch.h"
#include "cli/places.h"
#include "cli/terminal.h"
#include "common/dataset/catalogue.h"
#include "common/model/json.h"

namespace evensweep {
namespace {

constexpr int kDataSchemaVersion = 1;

// Where a data set lies: the first folder that has one of its files.
struct Found {
  std::string folder;
  size_t files = 0;  // that are there, with the right size
};

Found find(const KnownDataset& dataset, const std::vector<std::string>& folders) {
  Found best;
  for (const std::string& folder : folders) {
    Found found{.folder = folder};
    for (const KnownFile& file : dataset.files) {
      std::error_code error;
      const auto size = std::filesystem::file_size(std::filesystem::path(folder) / file.path, error);
      found.files += !error && static_cast<int64_t>(size) == file.size ? 1 : 0;
    }
    if (found.files > best.files) best = found;
  }
  return best;
}

std::string size_text(int64_t bytes) {
  return bytes < 1'000'000 ? fmt::format("{:.0f} kB", static_cast<double>(bytes) / 1e3)
                           : fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

std::string place_text(const KnownDataset& dataset, const Found& found) {
  if (found.files == dataset.files.size()) return "in " + found.folder;
  if (found.files > 0) return fmt::format("{} of {} files in {}", found.files, dataset.files.size(), found.folder);
  return "not here";
}

std::string list_text(const std::vector<std::string>& folders) {
  std::string text = fmt::format("{:<9} {:>7}  {:>8}  {}\n", "name", "classes", "size", "found");
  for (const KnownDataset& dataset : known_datasets())
    text += fmt::format("{:<9} {:>7}  {:>8}  {}\n", dataset.name, dataset.classes, size_text(dataset.size()),
                        place_text(dataset, find(dataset, folders)));
  for (const KnownDataset& dataset : known_datasets()) {
    text += fmt::format("\n{}: {}\n  home     {}\n  licence  {}\n", dataset.name, dataset.what, dataset.home,
                        dataset.licence);
    for (const Original& original : dataset.originals)
      text += fmt::format("  fetched  {} ({})\n", original.url, size_text(original.size));
    if (!dataset.remark.empty()) text += fmt::format("  remark   {}\n", dataset.remark);
  }
  return text;
}

std::string list_json(const std::vector<std::string>& folders) {
  Json list = Json::array();
  for (const KnownDataset& dataset : known_datasets()) {
    const Found found = find(dataset, folders);
    Json files = Json::array(), originals = Json::array();
    for (const KnownFile& file : dataset.files)
      files.push_back({{"path", file.path}, {"size", file.size}, {"sha256", file.sha256}});
    for (const Original& original : dataset.originals)
      originals.push_back({{"url", original.url}, {"size", original.size}, {"sha256", original.sha256}});
    list.push_back({{"name", dataset.name},
                    {"what", dataset.what},
                    {"home", dataset.home},
                    {"licence", dataset.licence},
                    {"classes", dataset.classes},
                    {"files", std::move(files)},
                    {"originals", std::move(originals)},
                    {"remark", dataset.remark},
                    {"files_found", found.files},
                    {"folder", found.files > 0 ? Json(found.folder) : Json()}});
  }
  return Json{{"schema_version", kDataSchemaVersion}, {"datasets", std::move(list)}}.dump(2);
}

// "letter-recognition.data: 45 % of 0.7 MB", redrawn in place on a terminal.
class FetchDisplay {
 public:
  explicit FetchDisplay(const Terminal& terminal) : moves_(terminal.moves) {}
  ~FetchDisplay() { end(); }
  FetchDisplay(const FetchDisplay&) = delete;
  FetchDisplay& operator=(const FetchDisplay&) = delete;

  void show(const std::string& name, int64_t done, int64_t size) {
    const int64_t percent = size > 0 ? done * 100 / size : 0;
    if (!moves_ || percent == percent_) return;
    percent_ = percent;
    drawn_ = true;
    fmt::print(stderr, "\r\x1b[K{}: {} % of {}", name, percent, size_text(size));
    std::fflush(stderr);
  }
  void end() {
    if (std::exchange(drawn_, false)) fmt::print(stderr, "\r\x1b[K");
  }

 private:
  bool moves_;
  bool drawn_ = false;
  int64_t percent_ = -1;
};

struct DataOptions {
  std::string name, to, from, data, output = "table";
};

Status list(const DataOptions& options) {
  const std::vector<std::string> folders = data_folders(options.data, "");
  return print(options.output == "json" ? list_json(folders) : list_text(folders));
}

Status fetch_one(const DataOptions& options) {
  EV_ASSIGN_OR_RETURN(const KnownDataset* dataset, find_known_dataset(options.name));
  EV_ASSIGN_OR_RETURN(const std::string folder, fetch_folder(options.to));
  FetchDisplay display(detect_terminal());
  const StatusOr<Fetched> fetched =
      fetch({.dataset = *dataset, .to = folder, .from = options.from},
            [&](const std::string& name, int64_t done, int64_t size) { display.show(name, done, size); });
  display.end();
  EV_RETURN_IF_ERROR(fetched.status());
  say(fmt::format("{}: {} new, {} already there, all of the known size and SHA-256", dataset->name, fetched->files_new,
                  fetched->files_before));
  for (const KnownFile& file : dataset->files)
    EV_RETURN_IF_ERROR(print((std::filesystem::path(folder) / file.path).string()));
  return absl::OkStatus();
}

template <typename Options>
void run_with(CLI::App* verb, const std::shared_ptr<Options>& options, Status (*run)(const Options&), int& exit_code) {
  verb->callback([options, run, &exit_code] {
    const Status status = run(*options);
    if (!status.ok()) say(std::string(status.message()));
    exit_code = exit_code_of(status);
  });
}

void add_output(CLI::App* verb, std::string& output) {
  verb->add_option("-o,--output", output, "table or json")->check(CLI::IsMember({"table", "json"}));
}

}  // namespace

void add_data(CLI::App& app, int& exit_code) {
  CLI::App* data = app.add_subcommand("data", "Known data sets, and what is in a file of your own");
  data->require_subcommand(1);
  data->footer(
      "Examples:\n"
      "  evensweep data ls                     what is known, and whether it is here\n"
      "  evensweep data fetch satimage         download it, checked to the byte\n"
      "  evensweep data check my.csv           what is in a file, and what may be wrong with it\n"
      "docs/own-data.md says more.");

  auto listing = std::make_shared<DataOptions>();
  CLI::App* ls = data->add_subcommand("ls", "List the known data sets");
  ls->footer("Example:\n  evensweep data ls");
  ls->add_option("--data", listing->data, "Folder in which data files are looked up first");
  add_output(ls, listing->output);
  run_with<DataOptions>(ls, listing, list, exit_code);

  auto fetching = std::make_shared<DataOptions>();
  CLI::App* get = data->add_subcommand("fetch", "Bring a known data set here, checked to the byte");
  get->footer(
      "Examples:\n"
      "  evensweep data fetch cifar10\n"
      "  evensweep data fetch satimage --from https://mirror.example/satimage\n"
      "  evensweep data fetch names --from /media/usb\n"
      "Interrupted, the same command goes on where it was.");
  get->add_option("name", fetching->name, "Name of the data set (evensweep data ls)")->required();
  get->add_option("--to", fetching->to, "Data folder (default: $EVENSWEEP_DATA or ~/.local/share/evensweep)");
  get->add_option("--from", fetching->from, "Address or folder to take it from, in place of its official home");
  run_with<DataOptions>(get, fetching, fetch_one, exit_code);

  auto checking = std::make_shared<CheckOptions>();
  CLI::App* check = data->add_subcommand("check", "Say what is in a data file and what may be wrong with it");
  check->footer(
      "Examples:\n"
      "  evensweep data check my.csv --label diagnosis\n"
      "  evensweep data check sweeps/digits.yaml    the data set as this sweep reads and divides it");
  check->add_option("file", checking->file, "CSV file, or sweep file (.yaml)")->required();
  check->add_option("--label", checking->label, "Column with the classes (default: guessed)");
  check->add_option("--data", checking->data, "Folder in which data files are looked up first");
  add_output(check, checking->output);
  run_with<CheckOptions>(check, checking, check_data, exit_code);
}

}  // namespace evensweep

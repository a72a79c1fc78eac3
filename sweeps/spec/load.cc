#include "sweeps/spec/load.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>

#include "common/base/file.h"
#include "common/base/hash.h"
#include "common/base/text.h"
#include "common/dataset/dataset.h"
#include "common/model/files.h"
#include "common/model/json.h"

namespace evensweep {
namespace {

// Fills in path and hash of each file, adding a line for each that is missing or holds what another one holds.
class FileFinder {
 public:
  explicit FileFinder(std::span<const std::string> folders) : folders_(folders) {}

  void find(DataFile& file, const std::string& place) {
    const std::string written = file.path;
    StatusOr<std::string> path = find_data_file(written, folders_);
    if (!path.ok()) return add(place, path.status());
    StatusOr<std::string> hash = sha256_hex_of_file(*path);
    if (!hash.ok()) return add(place, hash.status());
    const auto [known, fresh] = paths_.emplace(*hash, written);
    if (!fresh)
      return add(place,
                 absl::InvalidArgumentError(fmt::format("{} holds the same bytes as {}; rows must not be both trained "
                                                        "and tested on, nor counted twice",
                                                        in_quotes(written), in_quotes(known->second))));
    file = {.path = *std::move(path), .sha256 = *std::move(hash)};
  }

  Status status() const {
    if (lines_.empty()) return absl::OkStatus();
    return Status(code_, fmt::format("{}", fmt::join(lines_, "\n")));
  }

 private:
  void add(const std::string& place, const Status& status) {
    if (lines_.empty()) code_ = status.code();
    lines_.push_back(fmt::format("{}: {}", place, std::string(status.message())));
  }

  std::span<const std::string> folders_;
  std::map<std::string, std::string> paths_;  // by hash
  std::vector<std::string> lines_;
  absl::StatusCode code_ = absl::StatusCode::kOk;
};

// Arms are selected by the unbiased variance of validation rates, which one example of a class does not give.
Status check_selection(const Sweep& sweep) {
  if (!sweep.analysis.selection) return absl::OkStatus();
  for (size_t c = 0; c < sweep.classes.names.size(); ++c)
    if (sweep.classes.validation[c] < 2)
      return absl::InvalidArgumentError(
          fmt::format("analysis.selection: class {} has {} validation example, and arms are selected by validation "
                      "data; give validation a larger share, or leave selection out",
                      in_quotes(sweep.classes.names[c]), sweep.classes.validation[c]));
  return absl::OkStatus();
}

}  // namespace

StatusOr<Sweep> resolve(Draft draft, std::span<const std::string> data_folders) {
  Sweep sweep = std::move(draft.sweep);
  FileFinder finder(data_folders);
  size_t index = 0;
  for (DataFile* file : all_files(sweep.dataset, sweep.model)) finder.find(*file, draft.file_places.at(index++));
  EV_RETURN_IF_ERROR(finder.status());
  EV_ASSIGN_OR_RETURN(Dataset dataset, load_dataset(sweep.dataset));
  EV_ASSIGN_OR_RETURN(sweep.classes, count_classes(sweep.dataset, dataset));
  sweep.data_facts = std::move(dataset.facts);
  EV_RETURN_IF_ERROR(check_selection(sweep));
  return sweep;
}

bool same_data(const Draft& a, const Draft& b) {
  const auto file = [](const Draft& draft) { return draft.sweep.model.file ? draft.sweep.model.file->path : ""; };
  return to_json(a.sweep)["dataset"] == to_json(b.sweep)["dataset"] && file(a) == file(b);
}

StatusOr<Sweep> resolve_like(Draft draft, const Sweep& known) {
  Sweep sweep = std::move(draft.sweep);
  sweep.dataset = known.dataset;
  sweep.data_facts = known.data_facts;
  sweep.classes = known.classes;
  sweep.model.file = known.model.file;
  EV_RETURN_IF_ERROR(check_selection(sweep));
  return sweep;
}

StatusOr<Sweep> load_sweep(const std::string& path, const LoadOptions& options) {
  EV_ASSIGN_OR_RETURN(const std::string text, read_file(path));
  DraftOrErrors parsed = parse_sweep_file(text, path, options.overrides);
  if (!parsed.draft) return absl::InvalidArgumentError(fmt::format("{}", fmt::join(parsed.errors, "\n")));
  return resolve(*std::move(parsed.draft), options.data_folders);
}

}  // namespace evensweep

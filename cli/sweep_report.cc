#include "cli/sweep_report.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "cli/exit_code.h"
#include "cli/places.h"
#include "cli/publish.h"
#include "cli/terminal.h"
#include "cli/test_labels.h"
#include "cli/views_text.h"
#include "common/base/blob_folder.h"
#include "common/base/hash.h"
#include "common/dataset/dataset.h"
#include "common/model/files.h"
#include "common/transfer/file_transfer.h"
#include "sweeps/report/report.h"
#include "sweeps/report/task.h"
#include "sweeps/stats/evidence.h"

namespace evensweep {
namespace {

// Where a file of the sweep is on this machine: at the path that the sweep names, if it has the same content there.
StatusOr<std::string> own_file(const DataFile& file, const std::vector<std::string>& folders) {
  EV_ASSIGN_OR_RETURN(std::string path, find_data_file(file.path, folders));
  EV_ASSIGN_OR_RETURN(const std::string hash, sha256_hex_of_file(path));
  if (hash != file.sha256) return absl::NotFoundError(path + " is another file");
  return path;
}

StatusOr<std::unique_ptr<BlobFolder>> fetched_files() {
  const std::optional<std::string> own = own_data_folder();
  if (!own) return absl::NotFoundError("no place for data: HOME is not set");
  return BlobFolder::open(*own + "/fetched", {});
}

// The sweep with paths of this machine: of its own files, else of what the coordinator sends.
StatusOr<Sweep> with_files_here(const Connection& connection, Sweep sweep, const std::string& data) {
  const std::vector<std::string> folders = data_folders(data, sweep.name + ".yaml");
  std::unique_ptr<BlobFolder> fetched;
  FileTransfer transfer(connection.channel(), {.most_failures = 3});
  for (DataFile* file : all_files(sweep.dataset, sweep.model)) {
    if (StatusOr<std::string> path = own_file(*file, folders); path.ok()) {
      file->path = *std::move(path);
      continue;
    }
    if (!fetched) {
      EV_ASSIGN_OR_RETURN(fetched, fetched_files());
    }
    EV_RETURN_IF_ERROR(transfer.fetch(file->sha256, *fetched));
    file->path = fetched->path_of(file->sha256);
  }
  return sweep;
}

TestLabels labels_of(const Connection& connection, const SweepResults& results, const std::string& data) {
  const StatusOr<Sweep> sweep = with_files_here(connection, results.sweep, data);
  if (sweep.ok()) return read_test_labels(*sweep, results);
  say("the report says less about the test set, whose data are not at hand: " + std::string(sweep.status().message()));
  return {};
}

}  // namespace

StatusOr<int> report_of_sweep(Client& client, const std::string& sweep, const ReportPlaces& places,
                              const VerbOptions& options) {
  EV_ASSIGN_OR_RETURN(const StoredSweep stored, client.results(sweep));
  const SweepResults& results = stored.results;
  EV_ASSIGN_OR_RETURN(const SweepView view, client.sweep(results.id.str()));
  const std::string folder = report_folder(places.out, results.sweep);
  EV_RETURN_IF_ERROR(check_report_folder(folder));
  EV_ASSIGN_OR_RETURN(const Evidence evidence, weigh(results));
  Json json = results_json(results, evidence, labels_of(client.connection(), results, places.data));
  add_sweep_file(json, stored.file);
  EV_RETURN_IF_ERROR(publish(json, folder, options.output, detect_terminal()));
  if (!options.quiet()) say("report: " + folder + "/report.html");
  if (!view.status.over) say("the sweep is not over; this is what there is so far");
  if (missing_trials(view.status) == 0) return kOk;
  if (view.status.over && !options.quiet()) say(missing_text(view));
  return view.status.over ? kIncomplete : kOk;
}

}  // namespace evensweep

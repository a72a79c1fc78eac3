#include <unistd.h>

#include <cerrno>

#include "common/base/file.h"
#include "sweeps/report/report.h"

namespace evensweep {

Status prepare_report_folder(const std::string& folder) {
  EV_RETURN_IF_ERROR(make_folders(folder));
  if (::access(folder.c_str(), W_OK | X_OK) != 0) return errno_status(errno, "cannot write into the folder " + folder);
  return absl::OkStatus();
}

Status write_report(const SweepResults& results, const Evidence& evidence, const std::string& folder) {
  const Json json = results_json(results, evidence);
  EV_RETURN_IF_ERROR(prepare_report_folder(folder));
  EV_RETURN_IF_ERROR(write_file_atomically(folder + "/trials.csv", trials_csv(json)));
  EV_RETURN_IF_ERROR(write_file_atomically(folder + "/report.md", report_markdown(json)));
  EV_RETURN_IF_ERROR(write_file_atomically(folder + "/report.html", report_html(json)));
  return write_file_atomically(folder + "/results.json", results_text(json));
}

}  // namespace evensweep

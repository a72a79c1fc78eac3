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

Status write_report(const Json& results, const std::string& folder) {
  EV_RETURN_IF_ERROR(prepare_report_folder(folder));
  for (const char* part : {"/tables", "/figures"}) EV_RETURN_IF_ERROR(make_folders(folder + part));
  const std::vector<ReportFile> files = report_files(results);
  for (const ReportFile& file : files) {
    const std::string path = folder + "/" + file.path;
    const bool is_last = &file == &files.back();
    EV_RETURN_IF_ERROR(is_last ? write_file_atomically(path, file.content) : replace_file(path, file.content));
  }
  return absl::OkStatus();
}

}  // namespace evensweep

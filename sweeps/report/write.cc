#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "common/base/file.h"
#include "sweeps/report/report.h"

namespace evensweep {

Status check_report_folder(const std::string& folder) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::path nearest = fs::absolute(folder, error);
  while (!fs::exists(nearest, error) && nearest.has_relative_path()) nearest = nearest.parent_path();
  if (!fs::is_directory(nearest, error)) return errno_status(ENOTDIR, "cannot make the folder " + folder);
  if (::access(nearest.c_str(), W_OK | X_OK) == 0) return absl::OkStatus();
  const int reason = errno;
  return errno_status(
      reason, (fs::exists(folder, error) ? "cannot write into the folder " : "cannot make the folder ") + folder);
}

Status write_report(const Json& results, const std::string& folder, std::vector<ReportFile> pdfs) {
  for (const char* part : {"/tables", "/figures"}) EV_RETURN_IF_ERROR(make_folders(folder + part));
  const std::vector<ReportFile> files = report_files(results, std::move(pdfs));
  for (const ReportFile& file : files) {
    const std::string path = folder + "/" + file.path;
    const bool is_last = &file == &files.back();
    EV_RETURN_IF_ERROR(is_last ? write_file_atomically(path, file.content) : replace_file(path, file.content));
  }
  return absl::OkStatus();
}

}  // namespace evensweep

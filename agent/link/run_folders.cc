#include "agent/link/run_folders.h"

#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "agent/core/trainer_contract.h"
#include "common/base/file.h"

namespace evensweep {
namespace fs = std::filesystem;

RunFolders::RunFolders(std::string work_dir) : work_dir_(std::move(work_dir)) {}

Status RunFolders::prepare(const RunKey& run, bool make) const {
  if (make) EV_RETURN_IF_ERROR(make_folders(folder_of(run)));
  const std::string old = folder_of(run) + "/result.json";
  if (::unlink(old.c_str()) == 0 || errno == ENOENT) return absl::OkStatus();
  return errno_status(errno, "cannot remove the old result " + old);
}

StatusOr<std::string> RunFolders::read_result(const RunKey& run) const {
  const std::string path = (fs::path(folder_of(run)) / "result.json").string();
  std::error_code error;
  const uintmax_t size = fs::file_size(path, error);
  if (error) return errno_status(error.value(), "cannot read " + path);
  if (size > kMaxResultBytes)
    return absl::ResourceExhaustedError(path + " is larger than " + std::to_string(kMaxResultBytes) + " bytes");
  return read_file(path);
}

Status RunFolders::remove(const RunKey& run) const {
  const std::string folder = folder_of(run);
  // Of the shortest runs most folders were never made: one call tells.
  if (::rmdir(folder.c_str()) == 0 || errno == ENOENT) return absl::OkStatus();
  std::error_code error;
  fs::remove_all(folder, error);
  return error ? errno_status(error.value(), "cannot remove " + folder) : absl::OkStatus();
}

std::string RunFolders::folder_of(const RunKey& run) const { return work_dir_ + "/" + run.str(); }

}  // namespace evensweep

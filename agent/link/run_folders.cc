#include "agent/link/run_folders.h"

#include <filesystem>
#include <utility>

#include "agent/core/trainer_contract.h"
#include "common/base/file.h"

namespace evensweep {
namespace fs = std::filesystem;

RunFolders::RunFolders(std::string work_dir) : work_dir_(std::move(work_dir)) {}

Status RunFolders::prepare(const RunKey& run, bool make) const {
  if (make) EV_RETURN_IF_ERROR(make_folders(folder_of(run)));
  std::error_code error;
  fs::remove(fs::path(folder_of(run)) / "result.json", error);
  return error ? errno_status(error.value(), "cannot remove an old result in " + folder_of(run)) : absl::OkStatus();
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
  std::error_code error;
  fs::remove_all(folder_of(run), error);
  return error ? errno_status(error.value(), "cannot remove " + folder_of(run)) : absl::OkStatus();
}

std::string RunFolders::folder_of(const RunKey& run) const { return (fs::path(work_dir_) / run.str()).string(); }

}  // namespace evensweep

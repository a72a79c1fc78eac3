#include "cli/places.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "common/model/files.h"
#include "sweeps/spec/load.h"

namespace evensweep {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

StatusOr<std::string> state_folder(const std::string& flag) {
  if (!flag.empty()) return flag;
  if (std::string given = environment("EVENSWEEP_STATE"); !given.empty()) return given;
  if (const std::string base = environment("XDG_STATE_HOME"); !base.empty()) return base + "/evensweep";
  if (const std::string home = environment("HOME"); !home.empty()) return home + "/.local/state/evensweep";
  return absl::InvalidArgumentError("no place for the state folder: HOME is not set; give one with --state DIR");
}

std::optional<std::string> own_data_folder() {
  if (const std::string base = environment("XDG_DATA_HOME"); !base.empty()) return base + "/evensweep";
  if (const std::string home = environment("HOME"); !home.empty()) return home + "/.local/share/evensweep";
  return std::nullopt;
}

StatusOr<std::string> fetch_folder(const std::string& flag) {
  if (!flag.empty()) return flag;
  if (std::string given = environment("EVENSWEEP_DATA"); !given.empty()) return given;
  if (std::optional<std::string> own = own_data_folder()) return *std::move(own);
  return absl::InvalidArgumentError("no place for data: HOME is not set; give one with --to DIR");
}

std::vector<std::string> data_folders(const std::string& flag, const std::string& sweep_file) {
  std::vector<std::string> folders;
  if (!flag.empty()) folders.push_back(flag);
  if (std::string given = environment("EVENSWEEP_DATA"); !given.empty()) folders.push_back(std::move(given));
  const std::string beside = std::filesystem::path(sweep_file).parent_path().string();
  folders.push_back(beside.empty() ? "." : beside);
  if (std::optional<std::string> own = own_data_folder()) folders.push_back(*std::move(own));
  return folders;
}

StatusOr<Sweep> read_sweep(const std::string& file, const std::string& data_flag,
                           std::span<const std::string> overrides) {
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored))
    return absl::InvalidArgumentError(file + " is a folder; name the sweep file in it");
  return load_sweep(file, {.data_folders = data_folders(data_flag, file),
                           .overrides = std::vector<std::string>(overrides.begin(), overrides.end())});
}

std::string report_folder(const std::string& flag, const Sweep& sweep) {
  return flag.empty() ? "results/" + sweep.name : flag;
}

StatusOr<std::string> trainer_path(const std::string& flag) {
  if (!flag.empty()) return flag;
  if (std::string given = environment("EVENSWEEP_TRAINER"); !given.empty()) return given;
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::string beside = (self.parent_path() / "evensweep-trainer").string();
  if (!error && ::access(beside.c_str(), X_OK) == 0) return beside;
  return absl::FailedPreconditionError("there is no trainer at " + beside +
                                       "; build it, or name one with --trainer PATH");
}

std::map<std::string, std::string> files_by_hash(const Sweep& sweep) {
  std::map<std::string, std::string> files;
  for (const DataFile* file : all_files(sweep.dataset, sweep.model))
    files[file->sha256] = std::filesystem::absolute(file->path).string();
  return files;
}

}  // namespace evensweep

#pragma once
// Where things are on this machine: state, data, reports, the trainer. Precedence: flag, environment, default.

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/model/spec.h"

namespace evensweep {

// The value of an environment variable; empty where it is not set.
std::string environment(const char* name);

// --state, EVENSWEEP_STATE, XDG_STATE_HOME/evensweep, ~/.local/state/evensweep.
StatusOr<std::string> state_folder(const std::string& flag);
// XDG_DATA_HOME/evensweep, ~/.local/share/evensweep; absent where neither variable is set.
std::optional<std::string> own_data_folder();
// Where data sets are fetched to: --to, EVENSWEEP_DATA, own_data_folder().
StatusOr<std::string> fetch_folder(const std::string& flag);
// --data, EVENSWEEP_DATA, the folder of the sweep file, own_data_folder().
std::vector<std::string> data_folders(const std::string& flag, const std::string& sweep_file);
// The sweep in `file`, with data files from data_folders(). A folder is InvalidArgument.
StatusOr<Sweep> read_sweep(const std::string& file, const std::string& data_flag,
                           std::span<const std::string> overrides);
// --out, results/<sweep name>.
std::string report_folder(const std::string& flag, const Sweep& sweep);
// --trainer, EVENSWEEP_TRAINER, evensweep-trainer beside this program.
StatusOr<std::string> trainer_path(const std::string& flag);
// The data files of the sweep by their hash.
std::map<std::string, std::string> files_by_hash(const Sweep& sweep);

}  // namespace evensweep

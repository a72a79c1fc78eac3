#pragma once
// The keys coordinator, ca, cert, key and token_file, which client.yaml and agent.yaml have in common.

#include <functional>
#include <string>
#include <string_view>

#include "cli/connection.h"
#include "common/base/status.h"
#include "sweeps/spec/values.h"

namespace evensweep {

// A path in a configuration file is meant from the folder of that file.
std::string path_from(const std::string& config_file, const std::string& path);

ConnectionOptions read_connection_keys(Section& section, const std::string& config_file);

// client.yaml. InvalidArgument with one line for each mistake: file, line, what, what to do.
StatusOr<ConnectionOptions> parse_client_settings(std::string_view text, const std::string& file_name);

// Reads one document of at most 1 MiB that is a map with version: 1, gives it to `read` and collects what is wrong.
Status read_settings(std::string_view text, const std::string& file_name, const std::string& example,
                     const std::function<void(Section&)>& read);

// evensweep/<name> in $XDG_CONFIG_HOME or ~/.config; empty where neither variable is set.
std::string config_file(const std::string& name);

}  // namespace evensweep

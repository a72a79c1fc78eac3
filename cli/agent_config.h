#pragma once
// The agent's own configuration (docs/format/agent.md). It alone says which programs run on this machine: a sweep file
// only names one of its trainers.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "agent/link/agent_host.h"
#include "cli/connection.h"
#include "common/base/status.h"

namespace evensweep {

struct AgentSettings {
  std::string file;                                          // where it was read; empty: there is none
  std::map<std::string, std::vector<std::string>> trainers;  // command lines by name
  ConnectionOptions connection;
  std::string id, dir, slots = "auto";
  std::vector<std::string> data;  // folders
  std::map<std::string, std::string> labels = {};
  std::string device = "auto";  // auto | cpu
  AgentTimeouts timeouts = {};
};

// InvalidArgument with one line for each mistake: file, line, what, what to do.
StatusOr<AgentSettings> parse_agent_settings(std::string_view text, const std::string& file_name);

// From `flag` (--agent-config), else $EVENSWEEP_AGENT_CONFIG, else evensweep/agent.yaml in $XDG_CONFIG_HOME or
// ~/.config. Only the last may be missing: then nothing is configured.
StatusOr<AgentSettings> read_agent_settings(const std::string& flag);

// The command line of the trainer `name`. FailedPrecondition says which trainers are configured, and where.
StatusOr<std::vector<std::string>> trainer_command(const AgentSettings& settings, const std::string& name);

}  // namespace evensweep

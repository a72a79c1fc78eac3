#pragma once
// What an agent has on its machine: a folder, a name, data files.

#include <map>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/model/ids.h"

namespace evensweep {

// The folder, made if need be: `given`, $XDG_STATE_HOME/evensweep-agent, ~/.local/state/evensweep-agent. An absolute
// path.
StatusOr<std::string> agent_folder(const std::string& given);

// `given`, else the host name with four characters that are drawn once for the folder, so that two agents of one
// machine differ: "gpu-1-3f2a". An agent with a certificate must have its name or begin with it (may_be_agent), so
// that the default is then "NAME.3f2a", or "NAME.gpu-1-3f2a" for a certificate that several machines share.
// InvalidArgument for an id that is none.
StatusOr<AgentId> agent_id(const std::string& given, const std::string& folder, const std::string& certificate_file);

// All regular files below the folders by SHA-256. NotFound for a folder that is not there; what cannot be read is left
// out.
StatusOr<std::map<std::string, std::string>> files_in(const std::vector<std::string>& folders);

}  // namespace evensweep

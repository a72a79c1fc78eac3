#include "cli/agent_place.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <random>

#include "cli/places.h"
#include "common/base/file.h"
#include "common/base/hash.h"
#include "common/base/text.h"
#include "coordinator/rpc/access.h"

namespace evensweep {
namespace {

constexpr size_t kMostName = 64;

std::string host_name() {
  char name[256] = {};
  if (::gethostname(name, sizeof name - 1) != 0 || name[0] == '\0') return "agent";
  return name;
}

// What an id may hold, of any text.
std::string as_id(std::string text) {
  for (char& c : text)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.' && c != '-' && c != '_') c = '-';
  if (text.empty() || std::isalnum(static_cast<unsigned char>(text[0])) == 0) text.insert(0, "a");
  return text.substr(0, kMostName);
}

bool is_id(const std::string& text) { return !text.empty() && as_id(text) == text; }

// Drawn once and kept in the folder.
StatusOr<std::string> folder_mark(const std::string& folder) {
  const std::string file = folder + "/mark";
  if (StatusOr<std::string> kept = read_file(file); kept.ok() && kept->size() >= 4) return kept->substr(0, 4);
  std::random_device device;
  const std::string mark = sha256_hex(std::to_string(device()) + "-" + std::to_string(device())).substr(0, 4);
  EV_RETURN_IF_ERROR(write_file_atomically(file, mark + "\n"));
  return mark;
}

}  // namespace

StatusOr<std::string> agent_folder(const std::string& given) {
  std::string folder = given;
  if (folder.empty()) {
    const std::string base = environment("XDG_STATE_HOME"), home = environment("HOME");
    if (base.empty() && home.empty())
      return absl::InvalidArgumentError("no place for the agent's folder: HOME is not set; give one with --dir DIR");
    folder = (base.empty() ? home + "/.local/state" : base) + "/evensweep-agent";
  }
  EV_RETURN_IF_ERROR(make_folders(folder));
  return std::filesystem::absolute(folder).lexically_normal().string();
}

StatusOr<AgentId> agent_id(const std::string& given, const std::string& folder, const std::string& certificate_file) {
  if (!given.empty() && !is_id(given))
    return absl::InvalidArgumentError(
        in_quotes(given) + " is no id of an agent: up to 64 letters, digits, . - _, a letter or digit first");
  if (!given.empty()) return AgentId(given);
  EV_ASSIGN_OR_RETURN(const std::string mark, folder_mark(folder));
  const std::string host = host_name();
  if (!certificate_file.empty()) {
    EV_ASSIGN_OR_RETURN(const std::string pem, read_file(certificate_file));
    const auto caller = coordinator::caller_of_certificate(pem);
    if (caller.ok() && !caller->agent.empty())
      return AgentId(as_id(caller->agent + "." + (caller->agent == host ? "" : host + "-") + mark));
  }
  return AgentId(as_id(host.substr(0, kMostName - 5) + "-" + mark));
}

StatusOr<std::map<std::string, std::string>> files_in(const std::vector<std::string>& folders) {
  namespace fs = std::filesystem;
  std::map<std::string, std::string> files;
  for (const std::string& folder : folders) {
    std::error_code error;
    fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, error), end;
    if (error) return absl::NotFoundError("cannot read the data folder " + folder + ": " + error.message());
    for (; entry != end; entry.increment(error)) {
      std::error_code ignored;
      if (error || !entry->is_regular_file(ignored)) continue;
      const StatusOr<std::string> digest = sha256_hex_of_file(entry->path().string());
      if (digest.ok()) files[*digest] = fs::absolute(entry->path()).string();
    }
  }
  return files;
}

}  // namespace evensweep

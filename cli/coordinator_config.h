#pragma once
// coordinator.yaml (docs/format/coordinator.md) and the token file it names.

#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "coordinator/core/core.h"
#include "coordinator/http/limits.h"
#include "coordinator/rpc/credentials.h"

namespace evensweep {

inline constexpr const char* kDefaultHttp = "127.0.0.1:7079";
inline constexpr const char* kNoHttp = "none";

struct CoordinatorSettings {
  std::vector<std::string> listen;
  std::string state;                        // folder
  std::string certificate, key, client_ca;  // PEM files
  bool client_certificate_required = true;
  std::string tokens;                   // file
  std::string http;                     // HOST:PORT of the dashboard, "none"; empty: the default
  std::vector<std::string> http_hosts;  // further names of this coordinator for browsers on plain HTTP
  coordinator::HttpLimits http_limits;
  Duration backup_interval{600'000};
  int64_t backups_kept = 3;
  coordinator::CoreOptions core;
};

// InvalidArgument with one line for each mistake: file, line, what, what to do.
StatusOr<CoordinatorSettings> parse_coordinator_settings(std::string_view text, const std::string& file_name);
// InvalidArgument for what is neither empty, kNoHttp nor HOST:PORT.
Status check_http_address(const std::string& text);

StatusOr<std::vector<coordinator::TokenEntry>> parse_tokens(std::string_view text, const std::string& file_name);

// The token file; FailedPrecondition if others may read it.
StatusOr<std::vector<coordinator::TokenEntry>> read_tokens(const std::string& file);

// What the settings' files hold. Keys and tokens must be files of ours that nobody else may read.
StatusOr<coordinator::ServerSecurity> read_security(const CoordinatorSettings& settings);

}  // namespace evensweep

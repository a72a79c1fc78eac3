#include "cli/grpc_log.h"

#include <grpc/support/log.h>

#include <atomic>
#include <string>
#include <string_view>

#include "common/base/clock.h"

namespace evensweep {
namespace {

constexpr int64_t kBetweenLines = 100;  // ms
std::atomic<uint64_t> failed = 0;
std::atomic<int64_t> last_line = -kBetweenLines;
std::atomic<LogLevel> level = LogLevel::kDebug;

// "... error:0A0000C7:SSL routines::peer did not return a certificate." is for people from "peer" on.
std::string reason_of(std::string_view line) {
  constexpr std::string_view kBefore = "SSL routines::";
  const size_t found = line.rfind(kBefore);
  return std::string(found == line.npos ? line : line.substr(found + kBefore.size()));
}

void take(gpr_log_func_args* line) {
  const std::string_view message = line->message;
  if (message.find("Handshake failed") == message.npos) return log(LogLevel::kDebug, "grpc", message);
  ++failed;
  const int64_t now = SystemClock().now().since_start.count();
  int64_t before = last_line;
  if (now - before < kBetweenLines || !last_line.compare_exchange_strong(before, now)) return;
  log(level, "grpc",
      "a TLS handshake failed: " + reason_of(message) + " (" + std::to_string(failed) + " failed since the start)");
}

}  // namespace

void adopt_grpc_log(LogLevel handshakes) {
  level = handshakes;
  gpr_set_log_function(take);
}

uint64_t failed_handshakes() { return failed; }

}  // namespace evensweep

#pragma once
// Logging at the edges only: pure code returns what happened instead. All log lines go to stderr.

#include <string_view>

namespace evensweep {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// Lines below `level` are dropped. The default is kWarning.
void set_log_level(LogLevel level);
// "2026-11-23T10:00:00.000Z W agent: message"
void log(LogLevel level, std::string_view component, std::string_view message);

}  // namespace evensweep

#pragma once
// Logging at the edges only: pure code returns what happened instead. All log lines go to stderr.

#include <functional>
#include <string_view>

namespace evensweep {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// Lines below `level` are dropped. The default is kWarning.
void set_log_level(LogLevel level);
// Lines go to `sink` instead of stderr from now on, one at a time, from the threads that log; an empty one restores
// stderr. When this returns, the sink that was there is called no more.
using LogSink = std::function<void(LogLevel, std::string_view component, std::string_view message)>;
void set_log_sink(LogSink sink);
// "2026-11-23T10:00:00.000Z W agent: message"
void log(LogLevel level, std::string_view component, std::string_view message);

}  // namespace evensweep

#include "common/base/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <mutex>
#include <utility>

namespace evensweep {
namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return spdlog::level::debug;
    case LogLevel::kInfo: return spdlog::level::info;
    case LogLevel::kWarning: return spdlog::level::warn;
    case LogLevel::kError: return spdlog::level::err;
  }
  return spdlog::level::err;
}

spdlog::logger& logger() {
  static const auto instance = [] {
    auto made = std::make_shared<spdlog::logger>("evensweep", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_formatter(
        std::make_unique<spdlog::pattern_formatter>("%Y-%m-%dT%H:%M:%S.%eZ %L %v", spdlog::pattern_time_type::utc));
    made->set_level(spdlog::level::warn);
    return made;
  }();
  return *instance;
}

struct Sink {
  std::mutex mutex;
  LogSink write;
};

Sink& sink() {
  static Sink instance;
  return instance;
}

}  // namespace

void set_log_sink(LogSink write) {
  const std::lock_guard lock(sink().mutex);
  sink().write = std::move(write);
}

void set_log_level(LogLevel level) { logger().set_level(to_spdlog(level)); }

void log(LogLevel level, std::string_view component, std::string_view message) {
  if (!logger().should_log(to_spdlog(level))) return;
  {
    const std::lock_guard lock(sink().mutex);
    if (sink().write) return sink().write(level, component, message);
  }
  logger().log(to_spdlog(level), "{}: {}", component, message);
}

}  // namespace evensweep

#include "cli/remarks.h"

#include <utility>

#include "common/base/log.h"

namespace evensweep {

Remarks::Remarks() {
  set_log_sink([this](LogLevel, std::string_view component, std::string_view message) {
    add(std::string(component) + ": " + std::string(message));
  });
}

Remarks::~Remarks() { set_log_sink(nullptr); }

void Remarks::add(const std::string& text) {
  const std::lock_guard lock(mutex_);
  if (seen_.size() > kMost || !seen_.insert(text).second) return;
  fresh_.push_back(seen_.size() > kMost ? "more has gone wrong than is told here; the report has it all" : text);
}

std::vector<std::string> Remarks::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(fresh_, {});
}

}  // namespace evensweep

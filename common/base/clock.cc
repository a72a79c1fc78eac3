#include "common/base/clock.h"

namespace evensweep {

TimePoint SystemClock::now() const {
  return {std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch())};
}

int64_t SystemClock::unix_millis() const {
  return std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace evensweep

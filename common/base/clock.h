#pragma once
// The only place where time is read. Pure code takes a TimePoint; hosts hold a Clock.

#include <chrono>
#include <cstdint>

namespace evensweep {

using Duration = std::chrono::milliseconds;

// Monotonic time since an arbitrary start. A value, never read inside pure code.
struct TimePoint {
  Duration since_start{0};
  friend auto operator<=>(const TimePoint&, const TimePoint&) = default;
};
inline TimePoint operator+(TimePoint t, Duration d) { return {t.since_start + d}; }
inline Duration operator-(TimePoint a, TimePoint b) { return a.since_start - b.since_start; }

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;        // monotonic
  virtual int64_t unix_millis() const = 0;  // wall clock, UTC
};

class SystemClock final : public Clock {
 public:
  TimePoint now() const override;
  int64_t unix_millis() const override;
};

class FakeClock final : public Clock {
 public:
  TimePoint now() const override { return now_; }
  int64_t unix_millis() const override { return now_.since_start.count(); }
  void advance(Duration by) { now_ = now_ + by; }

 private:
  TimePoint now_;
};

}  // namespace evensweep

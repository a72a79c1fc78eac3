#pragma once
// How a sweep's progress is told: a bar that redraws on a terminal, plain lines otherwise. Rendering is pure.

#include <optional>
#include <string>

#include "cli/terminal.h"
#include "common/base/clock.h"
#include "common/model/status.h"

namespace evensweep {

// Since when, and how much was done by then: rate and time left speak of this process's own work.
struct ProgressStart {
  TimePoint at;
  double done = 0;  // trials, running ones in part
};

double done_of(const SweepStatus& status);
// Absent while nothing has been done yet.
std::optional<Duration> time_left(const SweepStatus& status, const ProgressStart& start, TimePoint now);
// "33/80 trials  2 running  1.9 trials/min  41.0k examples/s  0:25 left", without the least important parts where it
// would be longer than `width`.
std::string progress_text(const SweepStatus& status, const ProgressStart& start, TimePoint now, size_t width);
// The same behind a bar, no longer than `width`: "[=====>    ] 33/80 trials  2 running ...".
// than `width`.
std::string progress_line(const SweepStatus& status, const ProgressStart& start, TimePoint now, int width);
// "1:05", "2:03:10"
std::string clock_text(Duration duration);

class ProgressDisplay {
 public:
  ProgressDisplay(Terminal terminal, bool quiet) : terminal_(terminal), quiet_(quiet) {}
  void show(const SweepStatus& status, TimePoint now);
  // Clears the bar, so that what is printed next starts on a clean line.
  void end();

 private:
  Terminal terminal_;
  bool quiet_;
  std::optional<ProgressStart> start_;
  std::optional<TimePoint> last_;
  bool drawn_ = false;
};

}  // namespace evensweep

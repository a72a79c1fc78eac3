#include "cli/follow.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "cli/exit_code.h"
#include "cli/terminal.h"
#include "cli/views_text.h"
#include "cli/watcher.h"
#include "coordinator/rpc/grpc_status.h"

namespace evensweep {
namespace {

constexpr const char* kLeft = "interrupted; the sweep goes on without us";
constexpr Duration kPoll{500};
constexpr Duration kFirstDelay{200};
constexpr Duration kLongestDelay{5'000};

}  // namespace

StatusOr<SweepStatus> follow(const Connection& connection, const SweepId& sweep, Signals& signals,
                             const std::function<void(const SweepStatus& status)>& show) {
  const SystemClock clock;
  std::optional<SweepStatus> last;
  TimePoint reached = clock.now();
  bool away = false;
  for (Duration delay = kFirstDelay;; delay = std::min(2 * delay, kLongestDelay)) {
    Watcher watcher(connection.channel(), sweep, [&signals] { signals.wake(); });
    std::optional<Status> ended;
    while (!ended) {
      if (signals.wait(kPoll)) return absl::CancelledError(kLeft);
      ended = watcher.ended();
      const std::optional<SweepStatus> newest = watcher.newest();
      if (!newest) continue;
      if (std::exchange(away, false)) say("the coordinator is there again");
      reached = clock.now();
      delay = kFirstDelay;
      show(*(last = newest));
    }
    if (ended->ok() && last && last->over) return *last;
    const Status outcome = connection.outcome(coordinator::to_grpc(*ended));
    if (!outcome.ok() && !absl::IsUnavailable(outcome)) return outcome;
    const Duration gone = clock.now() - reached;
    if (gone > kLongPatience) return outcome;
    if (gone > kPatience && !std::exchange(away, true)) say(std::string(outcome.message()) + "; trying on");
    if (signals.wait(delay)) return absl::CancelledError(kLeft);
  }
}

int exit_code_of_end(const SweepStatus& status) { return missing_trials(status) == 0 ? kOk : kIncomplete; }

}  // namespace evensweep

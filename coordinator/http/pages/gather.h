#pragma once
// What pages are made of, asked together: of Control what moves, of the store what is summed up.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/host/control.h"
#include "coordinator/http/pages/desk.h"
#include "coordinator/http/pages/figures.h"
#include "coordinator/http/pages/overview.h"
#include "coordinator/http/pages/sweep.h"

namespace evensweep::coordinator {

// Called once, on the desk's thread where all went well; else on any.
template <typename Facts>
using Done = std::function<void(StatusOr<Facts>)>;

// Can be copied, and outlive its desk: then nothing is answered any more.
class Gather {
 public:
  // `control` and `clock` must live longer.
  Gather(Control& control, const Clock& clock, const std::shared_ptr<Desk>& desk)
      : control_(&control), desk_(desk), memory_(std::make_shared<FiguresMemory>(clock)) {}

  void overview(Done<OverviewFacts> done) const;
  void agents(Done<AgentsFacts> done) const;
  void queue(Done<std::vector<QueuedSweep>> done) const;
  void audit(std::optional<int64_t> before, Done<std::vector<AuditRow>> done) const;
  // `from`: position of the first seed in the grid.
  void sweep(const std::string& sweep, uint64_t from, Done<SweepFacts> done) const;
  void failures(const std::string& sweep, Done<FailuresFacts> done) const;
  void timeline(const std::string& sweep, Done<TimelineFacts> done) const;
  void trials(const std::string& sweep, uint64_t from, std::optional<TrialState> state, Done<TrialsFacts> done) const;
  // `with_results`: read what it gave, too.
  void trial(const std::string& trial, bool with_results, Done<TrialFacts> done) const;

 private:
  template <typename Facts, typename Read>
  void finish(const Done<Facts>& done, Read read) const;
  template <typename Facts, typename Use>
  void with_sweep(const std::string& sweep, const Done<Facts>& done, Use use) const;

  Control* control_;
  std::weak_ptr<Desk> desk_;
  std::shared_ptr<FiguresMemory> memory_;  // of the desk's thread
};

}  // namespace evensweep::coordinator

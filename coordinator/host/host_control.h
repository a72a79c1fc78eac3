#pragma once
// The host as people see it: resolves what they write, asks the core and the store, and answers in views.

#include <memory>
#include <string>

#include "coordinator/core/view.h"
#include "coordinator/host/control.h"
#include "coordinator/host/host.h"
#include "coordinator/host/log_tails.h"

namespace evensweep::coordinator {

class HostControl final : public Control {
 public:
  // `host` must live longer than this, and than every reply.
  explicit HostControl(Host& host);

  void check(std::function<void(const Status&)> reply) override;
  void totals(Reply<Totals> reply) override;
  void submit(Submission submission, Reply<Submitted> reply) override;
  void control(SweepControl control, Reply<Controlled> reply) override;
  void sweeps(SweepsQuery query, Reply<SweepsPage> reply) override;
  void sweep(std::string sweep, Reply<SweepView> reply) override;
  void definition(std::string sweep, Reply<SweepDefinition> reply) override;
  void trials(TrialsQuery query, Reply<TrialsPage> reply) override;
  void attempts(std::string trial, Reply<TrialAttempts> reply) override;
  void explain(std::string trial, Reply<TrialExplained> reply) override;
  void results(std::string sweep, Reply<evensweep::StoredSweep> reply) override;
  void result(RunKey run, Reply<RunResult> reply) override;
  void grid(GridQuery query, Reply<SweepGrid> reply) override;
  void agents(Reply<std::vector<AgentView>> reply) override;
  void leases(uint32_t limit, Reply<std::vector<LeaseView>> reply) override;
  void queue(uint32_t limit, Reply<std::vector<QueuedSweep>> reply) override;
  void control(AgentControl control, Reply<AgentView> reply) override;
  WatchId watch(const SweepId& sweep, std::function<void(const StatusOr<SweepStatus>&)> callback) override;
  void unwatch(WatchId watch) override;
  WatchId log(std::string trial, bool follow, std::function<void(const StatusOr<LogPiece>&)> callback) override;
  void unwatch_log(WatchId watch) override;

 private:
  Host& host_;
  std::shared_ptr<LogTails> tails_;
};

}  // namespace evensweep::coordinator

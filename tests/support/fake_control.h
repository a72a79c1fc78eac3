#pragma once
// A coordinator without a core: what it is asked is noted, what it answers was put into it. And a server before it.

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "common/model/json.h"
#include "common/model/reference.h"
#include "coordinator/host/control.h"
#include "coordinator/rpc/agents_service.h"
#include "coordinator/rpc/sweeps_service.h"

namespace evensweep::coordinator {

class FakeControl : public Control {
 public:
  // What it holds.
  std::vector<SweepView> known;
  std::map<SweepId, StoredSweep> stored;
  std::vector<TrialView> all_trials;
  std::vector<AttemptView> all_attempts;
  std::vector<AgentView> all_agents;
  std::vector<std::string> lines;
  SweepGrid grid_of;
  std::vector<LeaseView> all_leases;
  std::vector<QueuedSweep> queued;
  // What was asked of it.
  std::vector<Submission> submissions;
  std::vector<SweepControl> controls;
  std::vector<AgentControl> agent_controls;
  std::vector<TrialsQuery> trial_queries;
  std::vector<GridQuery> grid_queries;
  // So many requests are refused at first, as by a coordinator that is being restarted.
  std::atomic<int> unavailable{0};
  std::function<void()> before_reply = [] {};

  Status health;
  void check(std::function<void(const Status&)> reply) override { reply(health); }
  Counts counts;
  void totals(Reply<Totals> reply) override {
    const std::lock_guard lock(mutex_);
    if (away(reply)) return;
    Totals totals{.counts = counts, .agents = all_agents};
    for (const SweepView& view : known) {
      ++totals.sweeps[view.status.phase];
      totals.trials_finished += view.status.trials_finished;
    }
    reply(totals);
  }
  void submit(Submission submission, Reply<Submitted> reply) override {
    const std::lock_guard lock(mutex_);
    submissions.push_back(submission);
    if (away(reply)) return;
    const SweepId id = sweep_id(submission.sweep);
    const bool is_known = std::ranges::any_of(known, [&](const SweepView& view) { return view.id == id; });
    const uint64_t trials = (submission.sweep.arms.size() + 1) * submission.sweep.seeds.size();
    if (!is_known)
      known.push_back({.id = id,
                       .name = submission.sweep.name,
                       .priority = static_cast<int32_t>(submission.sweep.resources.priority),
                       .submitted_at = static_cast<int64_t>(known.size()),
                       .status = {.trials = trials},
                       .extends = submission.extends});
    stored[id] = {.results = {.id = id, .sweep = submission.sweep}, .file = submission.file};
    reply(Submitted{.id = id, .status = {.trials = trials}, .known = is_known});
  }
  void control(SweepControl control, Reply<Controlled> reply) override {
    const std::lock_guard lock(mutex_);
    controls.push_back(control);
    if (away(reply)) return;
    const StatusOr<SweepView*> view = find(control.sweep);
    if (!view.ok()) return reply(view.status());
    static const std::map<SweepAction, SweepPhase> kAfter = {{SweepAction::kPause, SweepPhase::kPaused},
                                                             {SweepAction::kResume, SweepPhase::kActive},
                                                             {SweepAction::kStop, SweepPhase::kStopping},
                                                             {SweepAction::kCancel, SweepPhase::kCancelled}};
    if (control.action == SweepAction::kRetryFailed)
      return reply(Controlled{.sweep = **view, .changed = std::exchange((*view)->status.trials_failed, 0)});
    (*view)->status.phase = kAfter.at(control.action);
    reply(Controlled{.sweep = **view, .changed = 1});
  }
  void sweeps(SweepsQuery query, Reply<SweepsPage> reply) override {
    const std::lock_guard lock(mutex_);
    if (away(reply)) return;
    SweepsPage page;
    for (auto view = known.rbegin(); view != known.rend(); ++view)
      if (query.over_too || !view->status.over) page.sweeps.push_back(*view);
    page.more = page.sweeps.size() > query.limit;
    page.sweeps.resize(std::min<size_t>(page.sweeps.size(), query.limit));
    reply(page);
  }
  void sweep(std::string sweep, Reply<SweepView> reply) override {
    const std::lock_guard lock(mutex_);
    if (away(reply)) return;
    const StatusOr<SweepView*> view = find(sweep);
    if (view.ok())
      reply(**view);
    else
      reply(view.status());
  }
  void definition(std::string sweep, Reply<SweepDefinition> reply) override {
    const std::lock_guard lock(mutex_);
    if (away(reply)) return;
    const StatusOr<SweepView*> view = find(sweep);
    if (!view.ok()) return reply(view.status());
    const StoredSweep& found = stored[(*view)->id];
    reply(SweepDefinition{.sweep = found.results.sweep, .file = found.file});
  }
  void trials(TrialsQuery query, Reply<TrialsPage> reply) override {
    const std::lock_guard lock(mutex_);
    trial_queries.push_back(query);
    if (away(reply)) return;
    if (const StatusOr<SweepView*> view = find(query.sweep); !view.ok()) return reply(view.status());
    TrialsPage page;
    for (uint64_t i = query.from; i < all_trials.size(); ++i) {
      if (!query.states.empty() && std::ranges::find(query.states, all_trials[i].state) == query.states.end()) continue;
      if (page.trials.size() == query.limit) {
        page.next = i;
        break;
      }
      page.trials.push_back(all_trials[i]);
    }
    reply(page);
  }
  void attempts(std::string trial, Reply<TrialAttempts> reply) override {
    const std::lock_guard lock(mutex_);
    with_trial(trial, reply, [&](const TrialView& view) { reply(TrialAttempts{view, all_attempts}); });
  }
  void explain(std::string trial, Reply<TrialExplained> reply) override {
    const std::lock_guard lock(mutex_);
    with_trial(trial, reply, [&](const TrialView& view) { reply(TrialExplained{view, {lines}}); });
  }
  void results(std::string sweep, Reply<StoredSweep> reply) override {
    const std::lock_guard lock(mutex_);
    if (away(reply)) return;
    const StatusOr<SweepView*> view = find(sweep);
    if (view.ok())
      reply(stored[(*view)->id]);
    else
      reply(view.status());
  }
  void result(RunKey run, Reply<RunResult> reply) override {
    const std::lock_guard lock(mutex_);
    if (away(reply)) return;
    for (const auto& [id, sweep] : stored)
      if (const auto found = sweep.results.runs.find(run); found != sweep.results.runs.end() && found->second.result)
        return reply(*found->second.result);
    reply(absl::NotFoundError("not finished"));
  }
  void grid(GridQuery query, Reply<SweepGrid> reply) override {
    const std::lock_guard lock(mutex_);
    grid_queries.push_back(query);
    if (away(reply)) return;
    const StatusOr<SweepView*> view = find(query.sweep);
    if (!view.ok()) return reply(view.status());
    SweepGrid grid = grid_of;
    grid.sweep = **view;
    reply(std::move(grid));
  }
  void leases(uint32_t, Reply<std::vector<LeaseView>> reply) override {
    const std::lock_guard lock(mutex_);
    if (!away(reply)) reply(all_leases);
  }
  void queue(uint32_t, Reply<std::vector<QueuedSweep>> reply) override {
    const std::lock_guard lock(mutex_);
    if (!away(reply)) reply(queued);
  }
  void agents(Reply<std::vector<AgentView>> reply) override {
    const std::lock_guard lock(mutex_);
    if (!away(reply)) reply(all_agents);
  }
  void control(AgentControl control, Reply<AgentView> reply) override {
    const std::lock_guard lock(mutex_);
    agent_controls.push_back(control);
    if (away(reply)) return;
    std::vector<AgentId> ids;
    for (const AgentView& agent : all_agents) ids.push_back(agent.id);
    const StatusOr<AgentId> id = find_agent(control.agent, ids);
    if (!id.ok()) return reply(id.status());
    AgentView& agent = *std::ranges::find(all_agents, *id, &AgentView::id);
    agent.draining = control.action == AgentAction::kDrain;
    if (!agent.draining) agent.quarantined.clear();
    reply(agent);
  }

  WatchId watch(const SweepId&, std::function<void(const StatusOr<SweepStatus>&)> callback) override {
    const std::lock_guard lock(mutex_);
    watches_[++last_] = std::move(callback);
    if (on_watch) on_watch(watches_[last_]);
    return last_;
  }
  void unwatch(WatchId watch) override {
    const std::lock_guard lock(mutex_);
    watches_.erase(watch);
  }
  WatchId log(std::string trial, bool follow, std::function<void(const StatusOr<LogPiece>&)> callback) override {
    const std::lock_guard lock(mutex_);
    logs_[++last_] = callback;
    if (on_log) on_log(trial, follow, callback);
    return last_;
  }
  void unwatch_log(WatchId watch) override {
    const std::lock_guard lock(mutex_);
    logs_.erase(watch);
  }
  std::function<void(const std::function<void(const StatusOr<SweepStatus>&)>&)> on_watch;
  std::function<void(const std::string&, bool, const std::function<void(const StatusOr<LogPiece>&)>&)> on_log;
  size_t listeners() {
    const std::lock_guard lock(mutex_);
    return watches_.size() + logs_.size();
  }

 private:
  template <typename T>
  bool away(const Reply<T>& reply) {
    before_reply();
    if (unavailable-- <= 0) return false;
    reply(absl::UnavailableError("going away"));
    return true;
  }
  StatusOr<SweepView*> find(const std::string& text) {
    std::vector<NamedSweep> names;
    for (const SweepView& view : known)
      names.push_back({.id = view.id, .name = view.name, .submitted_at = view.submitted_at});
    EV_ASSIGN_OR_RETURN(const SweepId id, find_sweep(text, names));
    return &*std::ranges::find(known, id, &SweepView::id);
  }
  template <typename T, typename Use>
  void with_trial(const std::string& text, const Reply<T>& reply, Use use) {
    if (away(reply)) return;
    const StatusOr<Reference> reference = parse_reference(text);
    if (!reference.ok()) return reply(reference.status());
    const StatusOr<SweepView*> view = find(reference->sweep);
    if (!view.ok()) return reply(view.status());
    const auto trial = std::ranges::find_if(all_trials, [&](const TrialView& known_trial) {
      return std::to_string(known_trial.arm) == reference->arm && std::to_string(known_trial.seed) == reference->seed;
    });
    if (trial == all_trials.end()) return reply(absl::NotFoundError("there is no such trial"));
    use(*trial);
  }

  std::recursive_mutex mutex_;  // of all calls
  WatchId last_ = 0;
  std::map<WatchId, std::function<void(const StatusOr<SweepStatus>&)>> watches_;
  std::map<WatchId, std::function<void(const StatusOr<LogPiece>&)>> logs_;
};

// On a port of this machine's own, and in the process.
class ServedControl {
 public:
  explicit ServedControl(Control& control) : sweeps_(control), agents_(control) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&sweeps_);
    builder.RegisterService(&agents_);
    server_ = builder.BuildAndStart();
    EXPECT_TRUE(server_);
  }
  ~ServedControl() { stop(); }
  ServedControl(const ServedControl&) = delete;
  ServedControl& operator=(const ServedControl&) = delete;

  void stop() {
    if (!server_) return;
    sweeps_.end_all();
    server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(2));
    server_->Wait();
    // The queue of gRPC's callback API must not go down with the last server; see coordinator/rpc/server.cc.
    static auto* const kept = new std::vector<std::unique_ptr<grpc::Server>>;
    kept->push_back(std::move(server_));
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  std::shared_ptr<grpc::Channel> channel() { return server_->InProcessChannel({}); }

 private:
  SweepsService sweeps_;
  AgentsService agents_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

}  // namespace evensweep::coordinator

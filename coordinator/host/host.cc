#include "coordinator/host/host.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <future>
#include <utility>

#include "common/base/log.h"
#include "common/base/overloaded.h"
#include "common/model/json.h"

namespace evensweep::coordinator {
namespace {

constexpr std::chrono::milliseconds kPublishInterval{100};
constexpr Duration kTurn{4};  // of agents, before people are heard again
constexpr std::chrono::milliseconds kRecoveryInterval{2000};

}  // namespace

Host::Host(std::unique_ptr<Store> store, const Clock& clock, CoreOptions options)
    : store_(std::move(store)),
      clock_(clock),
      work_(boost::asio::make_work_guard(io_)),
      options_(options),
      core_(std::make_unique<Core>(options)),
      deadline_(io_),
      publish_timer_(io_),
      recovery_(io_) {}

StatusOr<std::unique_ptr<Host>> Host::start(std::unique_ptr<Store> store, const Clock& clock, CoreOptions options) {
  std::unique_ptr<Host> host(new Host(std::move(store), clock, options));
  EV_RETURN_IF_ERROR(host->restore());
  host->thread_ = std::thread([raw = host.get()] { raw->io_.run(); });
  return host;
}

Status Host::restore() {
  EV_ASSIGN_OR_RETURN(const Snapshot snapshot, store_->load());
  core_->restore(snapshot, clock_.now());
  arm_deadline();
  post({.work = WentOn{}});
  return absl::OkStatus();
}

Host::~Host() {
  work_.reset();
  io_.stop();
  if (thread_.joinable()) thread_.join();
}

void Host::tell(Event event, std::function<void(const Status&)> after_commit) {
  ask({.work = std::move(event), .after_commit = std::move(after_commit)});
}

void Host::look(std::function<void(const StatusOr<Sight>&)> at) {
  ask({.work = [this, at = std::move(at)] {
    if (failure_.ok())
      at(Sight{.core = *core_,
               .store = *store_,
               .now = clock_.now(),
               .unix_millis = clock_.unix_millis(),
               .counts = tally_.counts()});
    else
      at(failure_);
  }});
}

void Host::listen_to_logs(LogListener listener) {
  post({.work = [this, listener = std::move(listener)] { on_log_ = listener; }});
}

void Host::listen_to_health(std::function<void(const Status&)> listener) {
  post({.work = [this, listener = std::move(listener)] {
    on_health_ = listener;
    on_health_(failure_);
  }});
}

ConnectionId Host::connect(Hello hello, Connection connection) {
  ConnectionId id = 0;
  {
    const std::lock_guard lock(inbox_mutex_);
    id = ++last_connection_;
  }
  post({.work = [this, id, connection = std::move(connection)] {
    connections_[id] = connection;
    if (!failure_.ok()) connection.close();
  }});
  post({.work = AgentConnected{.connection = id, .hello = std::move(hello)}});
  return id;
}

void Host::receive(ConnectionId connection, AgentMessage message) {
  std::visit(Overloaded{
                 [&](Hello&) {
                   // One Hello to a stream; a peer that greets twice is not one of ours.
                   post({.work = [this, connection] {
                     if (const auto found = connections_.find(connection); found != connections_.end())
                       found->second.close();
                   }});
                 },
                 [&](auto& known) { post({.work = AgentSaid{.connection = connection, .message = std::move(known)}}); },
             },
             message);
}

void Host::disconnect(ConnectionId connection) {
  post({.work = AgentDisconnected{.connection = connection},
        .after_commit = [this, connection](const Status&) { connections_.erase(connection); }});
}

Host::WatchId Host::watch(const SweepId& sweep, std::function<void(const StatusOr<SweepStatus>&)> callback) {
  WatchId id = 0;
  {
    const std::lock_guard lock(inbox_mutex_);
    id = ++last_watch_;
  }
  ask({.work = [this, id, sweep, callback = std::move(callback)] {
    watches_[id] = {.sweep = sweep, .callback = callback};
    publish();
  }});
  return id;
}

void Host::unwatch(WatchId watch) {
  ask({.work = [this, watch] { watches_.erase(watch); }});
}

StatusOr<SweepResults> Host::results(const SweepId& sweep) {
  std::promise<StatusOr<SweepResults>> promise;
  post({.work = [&] { promise.set_value(store_->sweep_results(sweep)); }});
  return promise.get_future().get();
}

void Host::ask(Pending pending) {
  const std::lock_guard lock(inbox_mutex_);
  asked_.push_back(std::move(pending));
  wake();
}

void Host::post(Pending pending) {
  const std::lock_guard lock(inbox_mutex_);
  inbox_.push_back(std::move(pending));
  wake();
}

void Host::wake() {
  if (!std::exchange(pump_posted_, true)) boost::asio::post(io_, [this] { pump(); });
}

void Host::pump() {
  std::vector<Pending> asked;
  {
    const std::lock_guard lock(inbox_mutex_);
    asked.swap(asked_);
    std::move(inbox_.begin(), inbox_.end(), std::back_inserter(due_));
    inbox_.clear();
    pump_posted_ = false;
  }
  Step together;
  std::vector<std::function<void(const Status&)>> replies;
  for (Pending& pending : asked) take(pending, together, replies);
  for (const TimePoint end = clock_.now() + kTurn; !due_.empty(); due_.pop_front()) {
    if (clock_.now() > end) break;
    take(due_.front(), together, replies);
  }
  settle(together, replies);
  arm_deadline();
  publish_soon();
  if (due_.empty()) return;
  const std::lock_guard lock(inbox_mutex_);
  wake();
}

void Host::take(Pending& pending, Step& together, std::vector<std::function<void(const Status&)>>& replies) {
  if (auto* function = std::get_if<std::function<void()>>(&pending.work)) {
    settle(together, replies);
    return (*function)();
  }
  if (pending.after_commit) replies.push_back(std::move(pending.after_commit));
  if (!failure_.ok()) return;
  Step step = core_->handle(clock_.now(), std::get<Event>(pending.work));
  std::move(step.records.begin(), step.records.end(), std::back_inserter(together.records));
  std::move(step.effects.begin(), step.effects.end(), std::back_inserter(together.effects));
}

void Host::settle(Step& together, std::vector<std::function<void(const Status&)>>& replies) {
  if (failure_.ok())
    if (const Status status = store_->commit(together.records, clock_.unix_millis()); !status.ok()) fail(status);
  if (failure_.ok()) {
    note(together.records);
    for (const Effect& effect : together.effects) carry_out(effect);
  }
  for (const std::function<void(const Status&)>& reply : replies) reply(failure_);
  together = {};
  replies.clear();
}

// What follows from records for this process alone.
void Host::note(std::vector<Record>& records) {
  tally_.note(records, clock_.now());
  for (Record& record : records) {
    if (auto* added = std::get_if<RunAdded>(&record)) fresh_specs_[added->run] = std::move(added->spec_json);
    if (const auto* ended = std::get_if<AttemptEnded>(&record); ended != nullptr && on_log_)
      on_log_(ended->run, ended->number, std::nullopt);
  }
}

void Host::carry_out(const Effect& effect) {
  std::visit(Overloaded{
                 [&](const Send& send) {
                   if (const auto found = connections_.find(send.connection); found != connections_.end())
                     found->second.send(send.message);
                 },
                 [&](const Grant& granted) { grant(granted); },
                 [&](const FetchCounts& fetch) { fetch_counts(fetch.run); },
                 [&](const FetchStage& fetch) { fetch_stage(fetch); },
                 [&](const Close& close) {
                   if (const auto found = connections_.find(close.connection); found != connections_.end())
                     found->second.close();
                 },
                 [&](const ShowLog& log) {
                   if (on_log_) on_log_(log.run, log.number, log.text);
                 },
                 [](const Audit& audit) { log(LogLevel::kWarning, "audit", audit.text); },
                 [&](const GoOn&) { post({.work = WentOn{}}); },
             },
             effect);
}

void Host::grant(const Grant& grant) {
  const auto connection = connections_.find(grant.connection);
  Leases leases;
  for (const GrantedLease& lease : grant.leases) {
    StatusOr<std::string> spec = spec_of(lease.run);
    if (!spec.ok()) return fail(spec.status());
    leases.leases.push_back({.attempt = lease.attempt,
                             .run_spec_json = *std::move(spec),
                             .trainer = lease.trainer,
                             .classes = lease.classes,
                             .files = lease.files,
                             .device = lease.device,
                             .memory_bytes = lease.memory_bytes,
                             .alone = lease.alone,
                             .checkpoint = lease.checkpoint});
  }
  if (connection != connections_.end()) connection->second.send(std::move(leases));
}

// Most runs are granted soon after they were added; only those that are granted again are read from the store.
StatusOr<std::string> Host::spec_of(RunId run) {
  const auto fresh = fresh_specs_.find(run);
  if (fresh == fresh_specs_.end()) return store_->run_spec(run);
  std::string spec = std::move(fresh->second);
  fresh_specs_.erase(fresh);
  return spec;
}

// A row that cannot be read costs what depends on it, and nothing else.
void Host::fetch_counts(RunId run) {
  StatusOr<RunResult> result = store_->result(run);
  if (result.ok()) return post({.work = CountsFetched{.run = run, .validation = std::move(result->validation)}});
  log(LogLevel::kError, "coordinator", std::string(result.status().message()));
  post({.work = CountsLost{.run = run, .why = std::string(result.status().message())}});
}

void Host::fetch_stage(const FetchStage& fetch) {
  StageFetched counts{.sweep = fetch.sweep, .runs = {}};
  for (const RunId run : fetch.runs) {
    StatusOr<RunResult> result = store_->result(run);
    if (result.ok())
      counts.runs.push_back({.run = run, .validation = std::move(result->validation), .test = std::move(result->test)});
    else
      log(LogLevel::kError, "coordinator", std::string(result.status().message()));
  }
  post({.work = std::move(counts)});
}

// Nothing is acted on any more. Agents keep what they hold and deliver it when the store takes it.
void Host::fail(const Status& status) {
  if (!failure_.ok()) return;
  failure_ = status;
  tally_.note_store_failure();
  on_health_(failure_);
  log(LogLevel::kError, "coordinator", std::string(status.message()));
  for (const auto& [id, connection] : connections_) connection.close();
  publish();
  recover_later();
}

void Host::recover_later() {
  recovery_.expires_after(kRecoveryInterval);
  recovery_.async_wait([this](const boost::system::error_code& error) {
    if (!error) recover();
  });
}

// The core knows what could not be stored, and so knows too much: another one takes its place.
void Host::recover() {
  if (!store_->check_writable(clock_.unix_millis()).ok()) return recover_later();
  core_ = std::make_unique<Core>(options_);
  fresh_specs_.clear();
  if (const Status status = restore(); !status.ok()) {
    failure_ = status;
    return recover_later();
  }
  failure_ = absl::OkStatus();
  on_health_(failure_);
  log(LogLevel::kInfo, "coordinator", "the store takes writes again; going on from what is stored");
}

void Host::arm_deadline() {
  const std::optional<TimePoint> deadline = core_->next_deadline();
  if (!deadline) return;
  deadline_.expires_after(std::max(Duration(0), *deadline - clock_.now()));
  deadline_.async_wait([this](const boost::system::error_code& error) {
    if (!error) post({.work = TimePassed{}});
  });
}

void Host::publish_soon() {
  if (watches_.empty()) return;
  const auto is_over = [this](const auto& watch) { return core_->is_over(watch.second.sweep); };
  if (std::ranges::any_of(watches_, is_over)) return publish();  // whoever waits for the end gets it at once
  if (std::exchange(publish_armed_, true)) return;
  publish_timer_.expires_after(kPublishInterval);
  publish_timer_.async_wait([this](const boost::system::error_code& error) {
    publish_armed_ = false;
    if (!error) publish();
  });
}

StatusOr<SweepStatus> Host::status_of(const SweepId& sweep) const {
  if (!failure_.ok()) return failure_;
  if (const std::optional<SweepStatus> status = core_->status(sweep)) return *status;
  return absl::NotFoundError("sweep " + sweep.str() + " is not known here");
}

void Host::publish() {
  for (auto watch = watches_.begin(); watch != watches_.end();) {
    const StatusOr<SweepStatus> status = status_of(watch->second.sweep);
    watch->second.callback(status);
    if (status.ok() && !status->over)
      ++watch;
    else
      watch = watches_.erase(watch);
  }
}

}  // namespace evensweep::coordinator

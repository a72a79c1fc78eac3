#include "tests/simulation/agent.h"

#include <algorithm>
#include <utility>

namespace evensweep::simulation {
namespace {

constexpr uint64_t kFullCheckEach = 4;  // steps

AgentConfig config_of(size_t index, Rng& chance) {
  AgentConfig config;
  config.id = AgentId("agent" + std::to_string(index));
  config.host = "h";
  config.version = "0";
  config.trainers = {kTrainerNumerics, kForeignTrainer};
  config.devices = cpu_device(1 + static_cast<uint32_t>(std::min(chance.below(4), chance.below(8))));
  if (chance.below(4) == 0) {  // a machine with GPUs
    config.devices.clear();
    for (uint32_t gpu = 0; gpu <= chance.below(3); ++gpu)
      config.devices.push_back({.kind = "cuda", .index = gpu, .slots = 1 + static_cast<uint32_t>(chance.below(2))});
  }
  config.silence = Duration(20'000);
  config.startup = Duration(20'000);
  return config;
}

}  // namespace

Agent::Agent(World& world, Network& network, size_t index)
    : world_(world),
      network_(network),
      index_(index),
      name_("agent" + std::to_string(index)),
      chance_(world.seed, "simulation/agent", {index}),
      config_(config_of(index, chance_)) {
  clock_.began = static_cast<int64_t>(chance_.below(1'000'000'000));
  if (world_.has(Fault::kClockDrift)) clock_.drift = static_cast<int64_t>(chance_.below(20'001)) - 10'000;
  trainers_ =
      std::make_unique<Trainers>(world, index, config_.devices, [this](AgentEvent event) { post(std::move(event)); });
}

AgentEnd Agent::end() {
  return {.receive =
              [this](ConnectionId stream, const CoordinatorMessage& message) {
                if (stream_ == stream) heard(message);
              },
          .disconnected = [this](ConnectionId stream) { disconnected(stream); }};
}

// ---- the process

void Agent::start() {
  world_.trace.note(world_.loop.now(), name_, {.what = "starts", .number = life_});
  config_.incarnation = std::to_string(life_);
  core_ = std::make_unique<AgentCore>(config_);
  stopping_ = told_to_stop_ = false;
  Restored restored;
  for (const auto& [attempt, end] : spool_) restored.ended.push_back(end);
  if (!restored.ended.empty()) world_.see(Seen::kRestoredEnds);
  handle(std::move(restored));
  world_.loop.after(static_cast<int64_t>(chance_.below(2'000)), [this, life = life_] {
    if (life == life_) connect();
  });
}

// The process is gone, and with it all that is not on disk.
void Agent::die(int64_t away) {
  for (auto& [attempt, entry] : std::exchange(being_written_, {})) {
    const bool kept = !entry.forgotten && chance_.below(2) == 0;
    world_.see(kept ? Seen::kSpoolKept : Seen::kSpoolLost);
    if (kept) spool_.emplace(attempt, std::move(entry.end));
  }
  for (auto& [attempt, end] : std::exchange(removed_, {})) {
    if (!world_.has(Fault::kSpoolRevives) || chance_.below(2) == 0) continue;
    world_.see(Seen::kSpoolRevived);
    spool_.emplace(attempt, std::move(end));
  }
  core_.reset();
  ++life_;
  trainers_->agent_died();
  events_.clear();
  backlog_.clear();
  handling_ = false;
  may_forget_.clear();
  failures_ = 0;
  still_until_ = 0;
  if (stream_) network_.close_by_agent(*std::exchange(stream_, std::nullopt));
  world_.loop.after(away, [this] { start(); });
}

void Agent::crash() {
  if (core_ == nullptr) return;
  world_.trace.note(world_.loop.now(), name_, {.what = "crashes", .number = life_});
  world_.see(Seen::kAgentCrashes);
  die(100 + static_cast<int64_t>(chance_.below(chance_.below(3) == 0 ? 90'000 : 5'000)));
}

void Agent::stop() {
  if (core_ == nullptr || stopping_) return;
  world_.see(Seen::kAgentStops);
  stopping_ = true;
  post(StopRequested{});
}

void Agent::run(const Stopped&) {
  world_.loop.after(0, [this, life = life_] {
    if (life == life_) die(1'000 + static_cast<int64_t>(chance_.below(world_.chaos ? 120'000 : 1'000)));
  });
}

void Agent::stand_still(int64_t duration, bool clock_too) {
  if (core_ == nullptr || world_.loop.now() < still_until_) return;
  still_until_ = world_.loop.now() + duration;
  world_.see(clock_too ? Seen::kSuspensions : Seen::kPauses);
  world_.loop.at(still_until_, [this, duration, clock_too, life = life_] {
    if (life != life_) return;
    if (clock_too) clock_.stood += duration;
    for (AgentEvent& event : std::exchange(backlog_, {})) handle(std::move(event));
    arm_deadline();
  });
}

void Agent::post(AgentEvent event) {
  if (core_ == nullptr) return;
  if (world_.loop.now() < still_until_ || !backlog_.empty())
    backlog_.push_back(std::move(event));
  else
    handle(std::move(event));
}

void Agent::handle(AgentEvent event) {
  if (core_ == nullptr) return;
  events_.push_back(std::move(event));
  if (std::exchange(handling_, true)) return;
  while (!events_.empty()) {
    const AgentEvent next = std::move(events_.front());
    events_.pop_front();
    world_.trace.note(world_.loop.now(), name_, mark_of(next));
    if (std::holds_alternative<StopRequested>(next)) told_to_stop_ = true;
    const AgentStep step = core_->handle(local_now(), next);
    check_step();
    for (const AgentEffect& effect : step.effects) {
      if (!std::holds_alternative<SendMessage>(effect)) world_.trace.note(world_.loop.now(), name_, mark_of(effect));
      std::visit([this](const auto& known) { run(known); }, effect);
    }
  }
  handling_ = false;
  arm_deadline();
}

void Agent::arm_deadline() {
  if (core_ == nullptr) return;
  const std::optional<TimePoint> deadline = core_->next_deadline();
  const uint64_t armed = ++armed_;
  if (!deadline) return;
  world_.loop.at(clock_.global(deadline->since_start.count()), [this, armed, life = life_] {
    if (life == life_ && armed == armed_) post(TimePassed{});
  });
}

void Agent::check_step() {
  if (++steps_ % kFullCheckEach != 0) return;
  if (const Status status = core_->check_invariants(); !status.ok())
    world_.require(false, std::string(status.message()).c_str());
}

// ---- the link

void Agent::connect() {
  if (core_ == nullptr || stream_) return;
  stream_ = network_.open(index_);
  post(Connected{});
}

void Agent::disconnected(ConnectionId stream) {
  if (stream_ != stream) return;
  stream_.reset();
  post(Disconnected{});
  const int64_t most = std::min<int64_t>(5'000, int64_t{200} << std::min(failures_++, 10u));
  world_.loop.after(most - static_cast<int64_t>(chance_.below(static_cast<uint64_t>(most) / 2)), [this, life = life_] {
    if (life == life_) connect();
  });
}

void Agent::heard(const CoordinatorMessage& message) {
  failures_ = 0;
  if (const auto* acks = std::get_if<Acks>(&message)) may_forget_.insert(acks->attempts.begin(), acks->attempts.end());
  if (const auto* cancels = std::get_if<Cancels>(&message))
    may_forget_.insert(cancels->attempts.begin(), cancels->attempts.end());
  if (const auto* leases = std::get_if<Leases>(&message))
    for (const Lease& lease : leases->leases) world_.leases.emplace_back(lease.attempt, config_.id);
  post(message);
}

void Agent::run(const SendMessage& effect) {
  if (const auto* updates = std::get_if<Updates>(&effect.message))
    for (const Update& update : updates->updates) {
      const bool end = std::holds_alternative<Succeeded>(update.what) || std::holds_alternative<Failure>(update.what);
      if (end) world_.told(config_.id, update);
    }
  if (stream_) network_.up(*stream_, effect.message);
}

// ---- trainers

void Agent::run(const StartTrainer& effect) { trainers_->start(effect.trainer, effect.program, effect.device); }
void Agent::run(const GiveTask& effect) {
  world_.require(!told_to_stop_, "an agent that stops has given a task");
  trainers_->give(effect.trainer, effect.lease);
}

// ---- the spool

void Agent::run(const SpoolEnd& effect) {
  const AttemptId attempt = effect.end.attempt;
  if (world_.loop.now() < spool_full_until_ && world_.chaos) {
    world_.see(Seen::kSpoolFailed);
    return post(SpoolWritten{attempt, "no space left"});
  }
  being_written_[attempt] = {.end = effect.end};
  const bool slow = world_.strikes(Fault::kSlowSpool, 0.7, chance_);
  world_.loop.after(static_cast<int64_t>(chance_.below(slow ? 8'000 : 2)), [this, attempt, life = life_] {
    if (life == life_) spooled(attempt);
  });
}

void Agent::spooled(const AttemptId& attempt) {
  const auto entry = being_written_.extract(attempt);
  if (entry.empty()) return;
  world_.see(Seen::kSpooled);
  if (!entry.mapped().forgotten) spool_[attempt] = std::move(entry.mapped().end);
  post(SpoolWritten{attempt, ""});
}

void Agent::run(const ForgetEnd& effect) {
  world_.require(may_forget_.contains(effect.attempt), "an end was forgotten that nobody has acknowledged or cancelled",
                 effect.attempt.run.brief());
  if (const auto entry = being_written_.find(effect.attempt); entry != being_written_.end())
    entry->second.forgotten = true;
  const auto entry = spool_.extract(effect.attempt);
  if (!entry.empty() && world_.has(Fault::kSpoolRevives)) removed_.insert({entry.key(), entry.mapped()});
}

// ---- faults

// Words about attempts that were leased to others, to nobody yet, or of runs that there are not.
void Agent::impostor() {
  if (!stream_ || world_.leases.empty()) return;
  auto [attempt, holder] = world_.leases[chance_.below(world_.leases.size())];
  if (holder == config_.id && world_.store.was_lost(attempt) && !world_.diverges(attempt.run))
    return late_result(attempt);
  if (holder == config_.id) attempt.number += 1'000;
  const std::string result = world_.diverges(attempt.run) ? "{}" : *result_of(attempt.run);
  if (chance_.below(8) == 0) attempt.run = RunKey(std::string(64, 'f'));
  world_.see(Seen::kImpostures);
  Update update{attempt, Progress{.fraction = 0.5}};
  switch (chance_.below(8)) {
    case 0: update.what = Failure{FailureClass::kTrainerError, "made up", {}}; break;
    case 1: update.what = Failure{FailureClass::kDiverged, "made up", {}}; break;
    case 2: update.what = Succeeded{"{}"}; break;
    case 3: update.what = Started{}; break;
    // Right in every way, and yet not its to tell.
    case 4: update.what = Succeeded{result}; break;
    case 5: update.what = LogStored{}; break;
    case 6: update.what = CheckpointStored{}; break;
    default: break;
  }
  network_.up(*stream_, Updates{{update}});
}

// Of an attempt that was taken from it: somewhere it was trained to its end all the same.
void Agent::late_result(const AttemptId& attempt) {
  const Update update{attempt, Succeeded{*result_of(attempt.run)}};
  world_.told_late(config_.id, update);
  network_.up(*stream_, Updates{{update}});
}

void Agent::plan_faults() {
  const auto often = [&](Fault fault, uint64_t most, const std::function<void()>& what) {
    if (!world_.has(fault)) return;
    const auto times = 1 + static_cast<uint64_t>(static_cast<double>(chance_.below(most)) * world_.weather.intensity);
    for (uint64_t i = 0; i < times; ++i)
      world_.loop.at(static_cast<int64_t>(chance_.below(static_cast<uint64_t>(world_.weather.chaos_ends))), what);
  };
  const auto length = [this] { return static_cast<int64_t>(chance_.below(chance_.below(2) == 0 ? 150'000 : 10'000)); };
  often(Fault::kAgentCrash, 5, [this] { crash(); });
  often(Fault::kAgentStop, 3, [this] { stop(); });
  often(Fault::kAgentPause, 3, [this, length] { stand_still(length(), false); });
  often(Fault::kAgentSuspend, 3, [this, length] { stand_still(length(), true); });
  often(Fault::kSpoolFull, 3,
        [this] { spool_full_until_ = world_.loop.now() + static_cast<int64_t>(chance_.below(60'000)); });
  often(Fault::kImpostor, 40, [this] { impostor(); });
}

void Agent::heal() {
  spool_full_until_ = 0;
  trainers_->heal();
}

bool Agent::is_quiet() const {
  return core_ != nullptr && stream_ && spool_.empty() && being_written_.empty() && trainers_->all_idle();
}

void Agent::check_end() const {
  const Status status = core_->check_invariants();
  world_.require(status.ok(), std::string(status.message()).c_str());
}

}  // namespace evensweep::simulation

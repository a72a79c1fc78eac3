#include "tests/bench/dispatch/sim_agent.h"

#include <utility>

#include "common/base/overloaded.h"
#include "tests/support/fake_result.h"

namespace evensweep {

SimAgent::SimAgent(boost::asio::io_context& io, std::shared_ptr<grpc::Channel> channel, Options options,
                   uint64_t number, Fleet& fleet)
    : io_(io),
      options_(std::move(options)),
      fleet_(fleet),
      rng_(1, "sim_agent", {number}),
      timer_(io),
      link_(io, std::move(channel),
            {.on_connected = [this] { greet(); },
             .on_message = [this](const CoordinatorMessage& message) { receive(message); },
             .on_disconnected =
                 [this](const std::string& why) {
                   fleet_.last_loss = why;
                   if (std::exchange(welcomed_, false)) --fleet_.connected;
                   timer_.cancel();
                 }},
            Rng(1, "sim_agent.link", {number})) {}

void SimAgent::greet() {
  Hello hello{.agent = AgentId(options_.id), .incarnation = "1", .host = "simulated", .version = "0"};
  hello.devices = cpu_device(options_.slots);
  hello.trainers = {kTrainerNumerics};
  for (const auto& [attempt, held] : held_) hello.held.push_back(attempt);
  link_.send(hello);
}

void SimAgent::receive(const CoordinatorMessage& message) {
  const auto drop = [this](const std::vector<AttemptId>& attempts, uint64_t& count) {
    bool open = false;  // an acknowledged one has given its slot to another long ago
    for (const AttemptId& attempt : attempts) {
      const auto found = held_.find(attempt);
      if (found == held_.end()) continue;
      open |= found->second.result.empty();
      held_.erase(found);
      ++count;
    }
    if (open) offer();
  };
  std::visit(Overloaded{[&](const Welcome& said) { welcome(said); }, [&](const Leases& said) { take(said); },
                        [&](const Acks& said) { drop(said.attempts, fleet_.acknowledged); },
                        [&](const Cancels& said) { drop(said.attempts, fleet_.cancelled); },
                        [](const Withdraw&) {},  // all that it holds has begun
                        [](const Drain&) {}},
             message);
}

void SimAgent::welcome(const Welcome& welcome) {
  if (!std::exchange(welcomed_, true)) ++fleet_.connected;
  heartbeat_ = welcome.heartbeat;
  Updates updates;
  for (const auto& [attempt, held] : held_) {
    if (held.result.empty())
      updates.updates.push_back({attempt, Started{}});
    else
      updates.updates.push_back({attempt, Succeeded{.result_json = held.result}});
  }
  if (!updates.updates.empty()) link_.send(updates);
  offer();
  // A random part of the first wait, or else all agents of a fleet would speak in one moment for ever.
  timer_.expires_after(Duration(static_cast<int64_t>(rng_.uniform() * static_cast<double>(heartbeat_.count()))));
  beat();
}

void SimAgent::beat() {
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error || !welcomed_ || closing_) return;
    link_.send(Heartbeat{});
    timer_.expires_after(heartbeat_);
    beat();
  });
}

void SimAgent::take(const Leases& leases) {
  Updates updates;
  for (const Lease& lease : leases.leases) {
    if (!held_.emplace(lease.attempt, Held{}).second) continue;
    if (fleet_.started++ == 0) fleet_.first_lease_at = static_cast<double>(SystemClock().unix_millis()) / 1000;
    ++fleet_.executions[lease.attempt.run.str()];
    if (options_.training.count() == 0) {
      held_[lease.attempt].result = fake_result_json(lease.attempt.run.str(), options_.classes);
      updates.updates.push_back({lease.attempt, Succeeded{.result_json = held_[lease.attempt].result}});
      continue;
    }
    updates.updates.push_back({lease.attempt, Started{}});
    auto timer = std::make_shared<boost::asio::steady_timer>(io_, options_.training);
    timer->async_wait([this, timer, attempt = lease.attempt](const boost::system::error_code&) { finish(attempt); });
  }
  if (!updates.updates.empty()) link_.send(updates);
  offer();
}

void SimAgent::finish(const AttemptId& attempt) {
  const auto found = held_.find(attempt);
  if (found == held_.end() || closing_) return;
  found->second.result = fake_result_json(attempt.run.str(), options_.classes);
  if (!welcomed_) return;  // it is sent after the next Welcome
  link_.send(Updates{{{attempt, Succeeded{.result_json = found->second.result}}}});
  offer();
}

// Two runs for each slot: one to train, one to go on with. A result waits for its acknowledgement beside them.
void SimAgent::offer() {
  if (!welcomed_) return;
  uint32_t open = 0;
  for (const auto& [attempt, held] : held_) open += held.result.empty() ? 1 : 0;
  const uint32_t want = 2 * options_.slots;
  link_.send(cpu_credits(want > open ? want - open : 0));
}

}  // namespace evensweep

#include "tests/simulation/network.h"

#include <algorithm>
#include <utility>

namespace evensweep::simulation {
namespace {

constexpr int64_t kKeepalive = 30'000;  // after so long without a sign of life an end gives its stream up
constexpr int64_t kConnectTimeout = 20'000;

}  // namespace

Network::Network(World& world, size_t agents) : world_(world), chance_(world.seed, "simulation/network") {
  for (std::vector<int64_t>& until : blocked_until_) until.assign(agents, 0);
}

void Network::wire(CoordinatorEnd coordinator, std::vector<AgentEnd> agents) {
  coordinator_ = std::move(coordinator);
  agents_ = std::move(agents);
}

Network::Stream* Network::find(ConnectionId id) {
  const auto found = streams_.find(id);
  return found == streams_.end() ? nullptr : &found->second;
}

// Up to a minute on a slow network, the shorter the more likely.
int64_t Network::delay() {
  if (!world_.has(Fault::kSlowNetwork)) return static_cast<int64_t>(chance_.below(3));
  const uint64_t magnitude = std::min(chance_.below(17), chance_.below(17));
  return static_cast<int64_t>(chance_.below((uint64_t{1} << magnitude) + 1));
}

ConnectionId Network::open(size_t agent) {
  const ConnectionId id = ++last_;
  streams_[id] = {.agent = agent, .life = coordinator_.life()};
  world_.see(Seen::kConnects);
  world_.loop.after(kConnectTimeout, [this, id] {
    const Stream* stream = find(id);
    if (stream != nullptr && !stream->greeted) end_at_agent(id, 0);
  });
  return id;
}

int64_t Network::arrival(Stream& stream, Direction direction) {
  const int64_t soonest = world_.loop.now() + delay();
  if (stream.greeted && world_.strikes(Fault::kReordering, 0.2, chance_)) {
    world_.see(Seen::kReordered);
    stream.tampered = true;
    return soonest + static_cast<int64_t>(chance_.below(2000));
  }
  stream.last[direction] = std::max(stream.last[direction], soonest);
  return stream.last[direction];
}

void Network::up(ConnectionId id, AgentMessage message) {
  Stream* stream = find(id);
  if (stream == nullptr || !stream->open_at_agent) return;
  const bool hello = std::holds_alternative<Hello>(message);
  const int64_t time = arrival(*stream, kUp);
  if (!hello && stream->greeted && world_.strikes(Fault::kRepeats, 0.2, chance_)) {
    world_.see(Seen::kRepeated);
    stream->tampered = true;
    world_.loop.at(time + delay(), [this, id, message] { arrive_up(id, message); });
  }
  world_.loop.at(time, [this, id, message = std::move(message)] { arrive_up(id, message); });
}

void Network::down(ConnectionId id, CoordinatorMessage message) {
  Stream* stream = find(id);
  if (stream == nullptr || !stream->open_at_coordinator) return;
  const int64_t time = arrival(*stream, kDown);
  if (world_.strikes(Fault::kRepeats, 0.2, chance_)) {
    world_.see(Seen::kRepeated);
    stream->tampered = true;
    world_.loop.at(time + delay(), [this, id, message] { arrive_down(id, message); });
  }
  world_.loop.at(time, [this, id, message = std::move(message)] { arrive_down(id, message); });
}

bool Network::held_back(const Stream& stream, Direction direction, std::function<void()> again) {
  const int64_t until = blocked_until_[direction][stream.agent];
  if (until <= world_.loop.now()) return false;
  world_.see(Seen::kHeldBack);
  world_.loop.at(until, std::move(again));
  return true;
}

void Network::arrive_up(ConnectionId id, const AgentMessage& message) {
  Stream* stream = find(id);
  if (stream == nullptr || stream->cut_up) return;
  if (held_back(*stream, kUp, [this, id, message] { arrive_up(id, message); })) return;
  if (!coordinator_.is_up() || coordinator_.life() != stream->life) {
    if (!stream->greeted) end_at_agent(id, static_cast<int64_t>(chance_.below(50)));  // refused
    return;
  }
  if (const auto* hello = std::get_if<Hello>(&message)) {
    if (std::exchange(stream->greeted, true)) return;
    stream->open_at_coordinator = true;
    coordinator_.connect(id, *hello);
    return;
  }
  if (!stream->open_at_coordinator) return;
  if (!stream->open_at_agent) world_.see(Seen::kZombieMessages);
  coordinator_.receive(id, message);
}

void Network::arrive_down(ConnectionId id, const CoordinatorMessage& message) {
  Stream* stream = find(id);
  if (stream == nullptr || stream->cut_down || !stream->open_at_agent) return;
  if (held_back(*stream, kDown, [this, id, message] { arrive_down(id, message); })) return;
  agents_[stream->agent].receive(id, message);
}

void Network::end_at_agent(ConnectionId id, int64_t after) {
  world_.loop.after(after, [this, id] {
    Stream* stream = find(id);
    if (stream == nullptr || !std::exchange(stream->open_at_agent, false)) return;
    world_.see(Seen::kDisconnects);
    agents_[stream->agent].disconnected(id);
    if (!stream->open_at_coordinator) streams_.erase(id);
  });
}

void Network::end_at_coordinator(ConnectionId id, int64_t after) {
  world_.loop.after(after, [this, id] {
    Stream* stream = find(id);
    if (stream == nullptr) return;
    const bool open = std::exchange(stream->open_at_coordinator, false);
    stream->cut_up = true;
    if (open && coordinator_.is_up() && coordinator_.life() == stream->life) coordinator_.disconnected(id);
    if (!stream->open_at_agent) streams_.erase(id);
  });
}

void Network::close_by_agent(ConnectionId id) {
  Stream* stream = find(id);
  if (stream == nullptr) return;
  stream->open_at_agent = false;
  stream->cut_down = true;
  // What was under way arrives, unless the machine is gone.
  if (chance_.below(2) == 0) stream->cut_up = true;
  if (world_.strikes(Fault::kHalfOpen, 0.5, chance_)) {
    world_.see(Seen::kHalfOpen);
    return;
  }
  const int64_t last = std::max(world_.loop.now(), stream->last[kUp]) - world_.loop.now();
  end_at_coordinator(id, (stream->cut_up ? 0 : last) + delay());
}

void Network::close_by_coordinator(ConnectionId id) {
  Stream* stream = find(id);
  if (stream == nullptr) return;
  stream->cut_up = true;
  end_at_coordinator(id, delay());
  end_at_agent(id, std::max(delay(), blocked_until_[kDown][stream->agent] - world_.loop.now()));
}

void Network::coordinator_died() {
  // A process that dies is noticed at once, a machine that dies by nothing but silence.
  const bool silent = world_.strikes(Fault::kHalfOpen, 0.5, chance_);
  for (auto& [id, stream] : streams_) {
    stream.open_at_coordinator = false;
    stream.cut_up = stream.cut_down = true;
    end_at_agent(id, silent ? static_cast<int64_t>(chance_.below(kKeepalive)) : delay());
  }
}

void Network::break_stream(ConnectionId id) {
  Stream* stream = find(id);
  if (stream == nullptr || !stream->open_at_agent) return;
  const bool zombie = world_.strikes(Fault::kZombieMessages, 0.7, chance_);
  stream->cut_up = !zombie;
  stream->cut_down = true;
  end_at_agent(id, static_cast<int64_t>(chance_.below(chance_.below(4) == 0 ? kKeepalive : 200)));
  if (world_.strikes(Fault::kHalfOpen, 0.5, chance_))
    world_.see(Seen::kHalfOpen);
  else
    end_at_coordinator(id, static_cast<int64_t>(chance_.below(zombie ? 60'000 : 5'000)));
}

void Network::break_any(size_t agent) {
  for (auto& [id, stream] : streams_)
    if (stream.agent == agent && stream.open_at_agent) return break_stream(id);
}

void Network::block(size_t agent, Direction direction, int64_t duration) {
  if (!world_.chaos) return;
  int64_t& until = blocked_until_[direction][agent];
  until = std::max(until, std::min(world_.loop.now() + duration, world_.weather.chaos_ends));
  if (duration <= kKeepalive) return;
  world_.loop.after(kKeepalive + static_cast<int64_t>(chance_.below(5'000)), [this, agent] { break_any(agent); });
}

void Network::swizzle() {
  for (size_t agent = 0; agent < agents_.size(); ++agent) {
    const auto start = static_cast<int64_t>(chance_.below(20'000)),
               length = static_cast<int64_t>(chance_.below(20'000));
    world_.loop.after(start, [this, agent, length] {
      block(agent, kUp, length);
      block(agent, kDown, length);
    });
  }
}

void Network::plan_faults() {
  const auto often = [&](Fault fault, uint64_t most, const std::function<void()>& what) {
    if (!world_.has(fault)) return;
    const auto times = 1 + static_cast<uint64_t>(static_cast<double>(chance_.below(most)) * world_.weather.intensity);
    for (uint64_t i = 0; i < times; ++i)
      world_.loop.at(static_cast<int64_t>(chance_.below(static_cast<uint64_t>(world_.weather.chaos_ends))), what);
  };
  const auto any = [this] { return static_cast<size_t>(chance_.below(agents_.size())); };
  const auto length = [this] { return static_cast<int64_t>(chance_.below(chance_.below(3) == 0 ? 300'000 : 20'000)); };
  often(Fault::kBrokenStreams, 30, [this, any] { break_any(any()); });
  often(Fault::kPartition, 6, [this, any, length] {
    const size_t agent = any();
    const int64_t lasts = length();
    block(agent, kUp, lasts);
    block(agent, kDown, lasts);
  });
  often(Fault::kOneWay, 6, [this, any, length] { block(any(), chance_.below(2) == 0 ? kUp : kDown, length()); });
  often(Fault::kSwizzle, 3, [this] { swizzle(); });
}

void Network::heal() {
  std::vector<ConnectionId> tampered;
  for (const auto& [id, stream] : streams_)
    if (stream.tampered) tampered.push_back(id);
  for (const ConnectionId id : tampered) break_stream(id);
}

}  // namespace evensweep::simulation

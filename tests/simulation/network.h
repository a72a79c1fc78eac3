#pragma once
// The streams between agents and the coordinator. Within a stream messages arrive in order and are not lost, as TCP has
// it; they are late, they are held back while a direction is blocked, and they are lost with the stream. Beyond what
// TCP does, messages of a dead stream may still arrive at the coordinator, and some seeds repeat and reorder them.

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "coordinator/core/step.h"
#include "tests/simulation/world.h"

namespace evensweep::simulation {

using coordinator::ConnectionId;

// What the network calls. A stream is the coordinator's from its Hello on.
struct CoordinatorEnd {
  std::function<bool()> is_up;
  std::function<uint64_t()> life;
  std::function<void(ConnectionId, const Hello&)> connect;
  std::function<void(ConnectionId, const AgentMessage&)> receive;
  std::function<void(ConnectionId)> disconnected;
};
struct AgentEnd {
  std::function<void(ConnectionId, const CoordinatorMessage&)> receive;
  std::function<void(ConnectionId)> disconnected;
};

class Network {
 public:
  Network(World& world, size_t agents);
  void wire(CoordinatorEnd coordinator, std::vector<AgentEnd> agents);

  // By an agent; the first message is its Hello.
  ConnectionId open(size_t agent);
  void up(ConnectionId stream, AgentMessage message);
  void down(ConnectionId stream, CoordinatorMessage message);
  // One end is gone, or wants no more; the other one learns of it.
  void close_by_agent(ConnectionId stream);
  void close_by_coordinator(ConnectionId stream);
  void coordinator_died();

  void plan_faults();
  // Nothing is blocked for longer than the chaos lasts; what was tampered with begins anew.
  void heal();

 private:
  enum Direction : size_t { kUp, kDown };
  struct Stream {
    size_t agent = 0;
    uint64_t life = 0;  // of the coordinator
    bool open_at_agent = true;
    bool greeted = false;  // its Hello has arrived
    bool open_at_coordinator = false;
    bool cut_up = false, cut_down = false;  // what arrives from now on is lost
    bool tampered = false;
    int64_t first_up = 0;
    int64_t last[2] = {0, 0};  // arrivals
  };

  int64_t delay();
  int64_t arrival(Stream& stream, Direction direction);
  void arrive_up(ConnectionId id, const AgentMessage& message);
  void arrive_down(ConnectionId id, const CoordinatorMessage& message);
  // When the direction is blocked: plans `again` for its end.
  bool held_back(const Stream& stream, Direction direction, std::function<void()> again);
  void end_at_agent(ConnectionId id, int64_t after);
  void end_at_coordinator(ConnectionId id, int64_t after);
  void break_stream(ConnectionId id);
  void break_any(size_t agent);
  void block(size_t agent, Direction direction, int64_t duration);
  void swizzle();
  Stream* find(ConnectionId id);

  World& world_;
  Rng chance_;
  CoordinatorEnd coordinator_;
  std::vector<AgentEnd> agents_;
  std::map<ConnectionId, Stream> streams_;
  ConnectionId last_ = 0;
  std::vector<int64_t> blocked_until_[2];
};

}  // namespace evensweep::simulation

// Every message of the link, through its codec and into the core that handles it, and the answers that clients read.

#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "agent/core/agent_core.h"
#include "common/base/overloaded.h"
#include "common/wire/agents_codec.h"
#include "common/wire/link_codec.h"
#include "common/wire/results_codec.h"
#include "common/wire/status_codec.h"
#include "common/wire/sweeps_codec.h"
#include "coordinator/core/core.h"
#include "tests/fuzz/link_input.h"
#include "tests/fuzz/target.h"
#include "tests/scenario/core_examples.h"

namespace evensweep::fuzz {
namespace {

// A coordinator that has a sweep, and any agents that say anything in any order.
class Coordinator {
 public:
  Coordinator() { handle(coordinator::SweepSubmitted{.id = sweep_id(known_sweep()), .sweep = known_sweep()}); }

  void act(const Act& act) {
    const ConnectionId connection = 1 + act.kind % 3;
    now_ += act.kind / 16 * 500;
    handle(coordinator::TimePassed{});
    if (act.kind % 16 >= 12) return handle(coordinator::AgentDisconnected{.connection = connection});
    v1::AgentMessage proto;
    if (!proto.ParseFromArray(act.bytes.data(), static_cast<int>(act.bytes.size()))) return;
    fill_in(proto);
    const StatusOr<AgentMessage> message = decode(proto);
    if (!message.ok()) return;
    expect(decode(encode(*message)).ok(), "a message that was understood can be sent on");
    std::visit(
        Overloaded{
            [&](const Hello& hello) { handle(coordinator::AgentConnected{.connection = connection, .hello = hello}); },
            [&](const auto& known) { handle(coordinator::AgentSaid{.connection = connection, .message = known}); }},
        *message);
  }

 private:
  using ConnectionId = coordinator::ConnectionId;

  void handle(const coordinator::Event& event) {
    const coordinator::Step step = core_.handle(TimePoint{Duration(now_)}, event);
    core_.check_invariants();
    for (const coordinator::Record& record : step.records)
      if (const auto* finished = std::get_if<coordinator::RunFinished>(&record))
        results_[finished->run] = finished->result_json;
    for (const coordinator::Effect& effect : step.effects) {
      if (const auto* fetch = std::get_if<coordinator::FetchCounts>(&effect))
        handle(coordinator::CountsFetched{.run = fetch->run,
                                          .validation = parse_run_result(results_.at(fetch->run))->validation});
      if (std::holds_alternative<coordinator::GoOn>(effect)) handle(coordinator::WentOn{});
    }
  }

  coordinator::Core core_{coordinator::CoreOptions{}};
  int64_t now_ = 0;
  std::map<coordinator::RunId, std::string> results_;
};

// An agent whose coordinator, trainers and spool do anything in any order.
class Agent {
 public:
  Agent() : core_(config()) {
    handle(Restored{});
    handle(Connected{});
    handle(Welcome{});
  }

  void act(const Act& act) {
    now_ += act.kind / 16 * 2'000;
    const TrainerId trainer{1 + act.kind % 3u};
    switch (act.kind % 16) {
      case 0:
      case 1: return exit(trainer, act);
      case 2: return handle(TrainerBroke{trainer, std::string(act.bytes)});
      case 3: return handle(SpoolWritten{.attempt = known_attempt(act.bytes), .error = act.kind & 64 ? "full" : ""});
      case 4: return handle(Disconnected{});
      case 5: return handle(Connected{});
      case 6: return handle(TimePassed{});
      case 7: return act.kind == 247 ? handle(StopRequested{}) : handle(TimePassed{});
      case 8:
      case 9:
      case 10:
      case 11: return say(trainer, act);
      default: break;
    }
    v1::CoordinatorMessage proto;
    if (!proto.ParseFromArray(act.bytes.data(), static_cast<int>(act.bytes.size()))) return;
    fill_in(proto);
    const StatusOr<CoordinatorMessage> message = decode(proto);
    if (!message.ok()) return;
    expect(decode(encode(*message)).ok(), "a message that was understood can be sent on");
    handle(*message);
  }

 private:
  static AgentConfig config() {
    AgentConfig config;
    config.id = AgentId("a");
    config.incarnation = config.host = config.version = "1";
    return config;
  }

  // Nothing is heard of a process that was not started or has gone.
  void exit(TrainerId trainer, const Act& act) {
    if (trainers_.erase(trainer) == 0) return;
    handle(TrainerExited{trainer, {.by_signal = (act.kind & 1) != 0, .number = 9}, std::string(act.bytes), {}});
  }

  void say(TrainerId trainer, const Act& act) {
    if (!trainers_.contains(trainer)) return;
    StatusOr<TrainerLine> line = parse_trainer_line(filled_in(act.bytes));
    if (!line.ok()) return handle(TrainerBroke{trainer, std::string(line.status().message())});
    if (auto* finished = std::get_if<RunFinished>(&*line)) add_result(*finished, coordinator::result_text());
    handle(TrainerSaid{trainer, *std::move(line)});
  }

  void handle(const AgentEvent& event) {
    const AgentStep step = core_.handle(TimePoint{Duration(now_)}, event);
    const Status status = core_.check_invariants();
    expect(status.ok(), std::string(status.message()).c_str());
    for (const AgentEffect& effect : step.effects)
      if (const auto* start = std::get_if<StartTrainer>(&effect)) trainers_.insert(start->trainer);
  }

  AgentCore core_;
  int64_t now_ = 0;
  std::set<TrainerId> trainers_;
};

template <typename Proto>
Proto parsed(std::string_view bytes) {
  Proto proto;
  if (!proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) proto.Clear();
  return proto;
}

// What was understood can be written and understood again.
template <typename Proto>
void check_codec(std::string_view bytes) {
  const auto view = decode(parsed<Proto>(bytes));
  if (view.ok()) expect(decode(encode(*view)).ok(), "what was understood can be sent on");
}

}  // namespace

void agent_messages(std::string_view input) {
  Coordinator coordinator;
  for (const Act& act : acts_of(input)) coordinator.act(act);
}

void coordinator_messages(std::string_view input) {
  Agent agent;
  for (const Act& act : acts_of(input)) agent.act(act);
}

// What a coordinator answers to clients; the first byte chooses which.
void answers(std::string_view input) {
  if (input.empty()) return;
  const std::string_view bytes = input.substr(1);
  switch (input[0] % 7) {
    case 0: return check_codec<v1::AgentView>(bytes);
    case 1: return check_codec<v1::SweepView>(bytes);
    case 2: return check_codec<v1::SweepDefinition>(bytes);
    case 3: return check_codec<v1::TrialView>(bytes);
    case 4: return check_codec<v1::AttemptView>(bytes);
    case 5: (void)decode(parsed<v1::SweepStatus>(bytes)); return;
    default: break;
  }
  ResultsDecoder decoder;
  for (const Act& act : acts_of(bytes))
    if (!decoder.add(parsed<v1::ResultsPart>(act.bytes)).ok()) return;
  (void)std::move(decoder).finish();
}

}  // namespace evensweep::fuzz

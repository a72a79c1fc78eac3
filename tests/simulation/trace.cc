#include "tests/simulation/trace.h"

#include <fmt/core.h>

#include "common/base/overloaded.h"

namespace evensweep::simulation {
namespace {

Mark of_attempt(std::string_view what, const AttemptId& attempt) {
  return {.what = what, .whose = attempt.run.str(), .number = attempt.number};
}

Mark of_attempts(std::string_view what, const std::vector<AttemptId>& attempts) {
  if (attempts.empty()) return {.what = what};
  return {.what = what, .whose = attempts.back().run.str(), .number = attempts.size() << 16 | attempts.back().number};
}

Mark of_message(const Hello& hello) { return of_attempts("Hello", hello.held); }
Mark of_message(const Credits& credits) {
  Mark mark{.what = "Credits"};
  for (const DeviceCredits& device : credits.devices) mark.number += device.free;
  return mark;
}
Mark of_message(const Heartbeat&) { return {.what = "Heartbeat"}; }
Mark of_message(const Draining&) { return {.what = "Draining"}; }
Mark of_message(const Updates& updates) {
  Mark mark = updates.updates.empty() ? Mark{} : mark_of(updates.updates.back());
  mark.number += updates.updates.size() << 16;
  return mark;
}

Mark of_line(const TrainerLine& line) {
  return std::visit(
      Overloaded{[](const TrainerHello& hello) { return Mark{.what = "trainer's hello", .whose = hello.numerics}; },
                 [](const RunStarted& started) { return of_attempt("trainer started", started.attempt); },
                 [](const RunProgress& progress) { return of_attempt("trainer's progress", progress.attempt); },
                 [](const RunFinished& finished) { return of_attempt("trainer finished", finished.attempt); },
                 [](const RunFailed& failed) { return of_attempt("trainer failed", failed.attempt); },
                 [](const RunStopped& stopped) { return of_attempt("trainer stopped", stopped.attempt); }},
      line);
}

}  // namespace

void Trace::print(int64_t now, std::string_view who, const Mark& mark) {
  fmt::print("{:>9.3f}  {:<12} {}", static_cast<double>(now) / 1000, who, mark.what);
  if (!mark.whose.empty()) fmt::print(" {}", mark.whose.substr(0, 12));
  if (mark.number != 0) fmt::print(" {}", mark.number & 0xffff);
  if (mark.number >> 16 != 0) fmt::print(" ({} of them)", mark.number >> 16);
  fmt::print("\n");
}

Mark mark_of(const Update& update) {
  return std::visit(Overloaded{[&](const Started&) { return of_attempt("started", update.attempt); },
                               [&](const Progress&) { return of_attempt("progress", update.attempt); },
                               [&](const Succeeded&) { return of_attempt("succeeded", update.attempt); },
                               [&](const Failure& failure) {
                                 return of_attempt(failure_class_name(failure.failure), update.attempt);
                               },
                               [&](const CheckpointStored&) { return of_attempt("checkpoint stored", update.attempt); },
                               [&](const LogLines&) { return of_attempt("log lines", update.attempt); },
                               [&](const LogStored&) { return of_attempt("log stored", update.attempt); }},
                    update.what);
}

Mark mark_of(const AgentMessage& message) {
  return std::visit([](const auto& known) { return of_message(known); }, message);
}

Mark mark_of(const CoordinatorMessage& message) {
  return std::visit(Overloaded{[](const Welcome&) { return Mark{.what = "Welcome"}; },
                               [](const Leases& leases) {
                                 if (leases.leases.empty()) return Mark{.what = "Leases"};
                                 Mark mark = of_attempt("Leases", leases.leases.back().attempt);
                                 mark.number += leases.leases.size() << 16;
                                 return mark;
                               },
                               [](const Acks& acks) { return of_attempts("Acks", acks.attempts); },
                               [](const Cancels& cancels) { return of_attempts("Cancels", cancels.attempts); },
                               [](const Withdraw& withdraw) { return of_attempts("Withdraw", withdraw.attempts); },
                               [](const Drain&) { return Mark{.what = "Drain"}; }},
                    message);
}

Mark mark_of(const AgentEvent& event) {
  return std::visit(
      Overloaded{[](const Restored& restored) { return Mark{.what = "restored", .number = restored.ended.size()}; },
                 [](const Connected&) { return Mark{.what = "connected"}; },
                 [](const Disconnected&) { return Mark{.what = "disconnected"}; },
                 [](const CoordinatorMessage& message) { return mark_of(message); },
                 [](const TrainerSaid& said) { return of_line(said.line); },
                 [](const TrainerBroke&) { return Mark{.what = "trainer broke its contract"}; },
                 [](const TrainerExited& exited) {
                   return Mark{.what = exited.start_error.empty() ? "trainer exited" : "trainer did not start",
                               .number = static_cast<uint64_t>(exited.exit.number)};
                 },
                 [](const TaskRefused& refused) { return of_attempt("task refused", refused.attempt); },
                 [](const SpoolWritten& written) {
                   return of_attempt(written.error.empty() ? "spooled" : "not spooled", written.attempt);
                 },
                 [](const FileEvent&) { return Mark{.what = "files"}; },
                 [](const Measured&) { return Mark{.what = "measured"}; },
                 [](const StopRequested&) { return Mark{.what = "stop requested"}; },
                 [](const TimePassed&) { return Mark{.what = "time passed"}; }},
      event);
}

Mark mark_of(const AgentEffect& effect) {
  return std::visit(
      Overloaded{
          [](const SendMessage& send) { return mark_of(send.message); },
          [](const StartTrainer& start) {
            return Mark{.what = "-> start trainer", .whose = start.program, .number = start.trainer.value};
          },
          [](const GiveTask& give) { return of_attempt("-> give task", give.lease.attempt); },
          [](const TerminateTrainer& term) {
            return Mark{.what = "-> terminate trainer", .number = term.trainer.value};
          },
          [](const KillTrainer& kill) { return Mark{.what = "-> kill trainer", .number = kill.trainer.value}; },
          [](const SpoolEnd& spool) { return of_attempt("-> spool", spool.end.attempt); },
          [](const ForgetEnd& forget) { return of_attempt("-> forget", forget.attempt); },
          [](const RemoveRunFolder& remove) { return Mark{.what = "-> remove folder", .whose = remove.run.str()}; },
          [](const FileEffect&) { return Mark{.what = "-> files"}; },
          [](const Remark&) { return Mark{.what = "-> remark"}; },
          [](const Stopped&) { return Mark{.what = "-> stopped"}; }},
      effect);
}

Mark mark_of(const coordinator::Event& event) {
  using namespace coordinator;
  return std::visit(
      Overloaded{
          [](const SweepSubmitted& submitted) { return Mark{.what = "sweep submitted", .whose = submitted.id.str()}; },
          [](const SweepControlled& controlled) {
            constexpr const char* kActions[] = {"sweep: pause", "sweep: resume", "sweep: stop", "sweep: cancel",
                                                "sweep: retry"};
            return Mark{.what = kActions[static_cast<int>(controlled.action)], .whose = controlled.sweep.str()};
          },
          [](const AgentControlled& controlled) {
            return Mark{.what = controlled.draining ? "drain" : "release", .whose = controlled.agent.str()};
          },
          [](const AgentConnected& connected) {
            return Mark{
                .what = "agent connected", .whose = connected.hello.agent.str(), .number = connected.connection};
          },
          [](const AgentSaid& said) {
            return std::visit([](const auto& message) { return of_message(message); }, said.message);
          },
          [](const AgentDisconnected& gone) { return Mark{.what = "agent disconnected", .number = gone.connection}; },
          [](const CountsFetched& fetched) { return Mark{.what = "counts fetched", .number = fetched.run}; },
          [](const CountsLost& lost) { return Mark{.what = "counts lost", .number = lost.run}; },
          [](const StageFetched& fetched) { return Mark{.what = "stage fetched", .whose = fetched.sweep.str()}; },
          [](const coordinator::TimePassed&) { return Mark{.what = "time passed"}; },
          [](const WentOn&) { return Mark{.what = "goes on"}; }},
      event);
}

Mark mark_of(const coordinator::Effect& effect) {
  using namespace coordinator;
  return std::visit(
      Overloaded{[](const Send& send) { return mark_of(send.message); },
                 [](const Grant& grant) {
                   if (grant.leases.empty()) return Mark{.what = "-> grant"};
                   Mark mark = of_attempt("-> grant", grant.leases.back().attempt);
                   mark.number += grant.leases.size() << 16;
                   return mark;
                 },
                 [](const FetchCounts& fetch) { return Mark{.what = "-> fetch counts", .number = fetch.run}; },
                 [](const FetchStage& fetch) { return Mark{.what = "-> fetch stage", .whose = fetch.sweep.str()}; },
                 [](const Close& close) { return Mark{.what = "-> close", .number = close.connection}; },
                 [](const ShowLog& show) { return Mark{.what = "-> show log", .number = show.number}; },
                 [](const Audit&) { return Mark{.what = "-> audit"}; },
                 [](const GoOn&) { return Mark{.what = "-> go on"}; }},
      effect);
}

}  // namespace evensweep::simulation

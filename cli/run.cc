#include "cli/run.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "agent/devices/machine.h"
#include "agent/link/agent_host.h"
#include "cli/agent_config.h"
#include "cli/causes.h"
#include "cli/coordinator_parts.h"
#include "cli/exit_code.h"
#include "cli/places.h"
#include "cli/progress.h"
#include "cli/publish.h"
#include "cli/remarks.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "cli/test_labels.h"
#include "cli/threads.h"
#include "cli/watcher.h"
#include "common/base/file.h"
#include "common/model/json.h"
#include "common/wire/status_codec.h"
#include "coordinator/rpc/server.h"
#include "sweeps/report/report.h"
#include "sweeps/report/task.h"

namespace evensweep {
namespace {

constexpr Duration kSignalPoll{50};
constexpr Duration kStopLimit{4500};
constexpr size_t kCauses = 3;  // lines on why runs failed

struct RunOptions {
  std::string file, state, out, data, trainer, agent_config, output = "table";
  std::vector<std::string> overrides;
  uint32_t slots = 0;
  uint16_t web = 0;  // port of the dashboard; 0: none
};

// Coordinator and agent of one `run`, taken down in the opposite order.
struct Embedded {
  CoordinatorParts coordinator;
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<AgentHost> agent;  // absent until there is something to train
};

StatusOr<Embedded> embed_coordinator(const RunOptions& options, const Clock& clock) {
  EV_ASSIGN_OR_RETURN(const std::string path, state_folder(options.state));
  EV_ASSIGN_OR_RETURN(coordinator::StateFolder folder, coordinator::StateFolder::hold(path));
  EV_ASSIGN_OR_RETURN(CoordinatorParts parts, start_coordinator(std::move(folder), {}, {}, clock, {.resume = false}));
  std::shared_ptr<grpc::Channel> channel = parts.server->in_process_channel();
  return Embedded{std::move(parts), std::move(channel), nullptr};
}

// For as long as the sweep trains.
Status start_dashboard(Embedded& embedded, const RunOptions& options, const Clock& clock) {
  if (options.web == 0) return absl::OkStatus();
  const std::string address = fmt::format("127.0.0.1:{}", options.web);
  if (const Status started = start_web(embedded.coordinator, address, {}, {}, clock); !started.ok())
    return absl::FailedPreconditionError(std::string(started.message()) + " with --web=PORT");
  say("dashboard on " + web_address(embedded.coordinator, address) + " until the sweep is over");
  return absl::OkStatus();
}

StatusOr<std::vector<std::string>> trainer_of(const RunOptions& options, const Sweep& sweep) {
  if (sweep.trainer == kTrainerNumerics) {
    EV_ASSIGN_OR_RETURN(std::string built_in, trainer_path(options.trainer));
    return std::vector{std::move(built_in)};
  }
  EV_ASSIGN_OR_RETURN(const AgentSettings settings, read_agent_settings(options.agent_config));
  return trainer_command(settings, sweep.trainer);
}

Status start_agent(Embedded& embedded, const RunOptions& options, const Sweep& sweep, const Clock& clock) {
  AgentOptions agent{.id = AgentId("local"), .dir = embedded.coordinator.folder.path() + "/agent"};
  EV_ASSIGN_OR_RETURN(agent.trainers[sweep.trainer], trainer_of(options, sweep));
  agent.slots = default_slots(detect_machine(), sweep.training.threads);
  if (sweep.resources.slots) agent.slots = static_cast<uint32_t>(*sweep.resources.slots);
  if (options.slots > 0) agent.slots = options.slots;
  agent.files = files_by_hash(sweep);
  agent.device = sweep.resources.device == "auto" ? "cpu" : sweep.resources.device;
  StatusOr<std::unique_ptr<AgentHost>> started = AgentHost::start(std::move(agent), embedded.channel, clock);
  // To the shell a trainer that is not there is a failure like one that does not run, not a wrong sweep file.
  if (absl::IsNotFound(started.status()) || absl::IsInvalidArgument(started.status()))
    return absl::FailedPreconditionError(started.status().message());
  EV_RETURN_IF_ERROR(started.status());
  embedded.agent = *std::move(started);
  return absl::OkStatus();
}

StatusOr<std::pair<SweepId, SweepStatus>> submit(Embedded& embedded, const Sweep& sweep) {
  const std::unique_ptr<v1::Sweeps::Stub> stub = v1::Sweeps::NewStub(embedded.channel);
  grpc::ClientContext context;
  v1::SubmitRequest request;
  request.set_sweep_json(to_json(sweep).dump());
  v1::SubmitResponse response;
  EV_RETURN_IF_ERROR(coordinator::from_grpc(stub->Submit(&context, request, &response)));
  return std::pair(SweepId(response.sweep_id()), decode(response.status()));
}

void tell(Remarks& remarks, ProgressDisplay& display) {
  for (const std::string& remark : remarks.take()) {
    display.end();
    say(remark);
  }
}

// Before the sweep is submitted: threads are part of its runs' identity.
Status decide_threads(Sweep& sweep, const RunOptions& options) {
  if (sweep.training.threads != kAutoThreads) return absl::OkStatus();
  EV_ASSIGN_OR_RETURN(const std::string state, state_folder(options.state));
  EV_ASSIGN_OR_RETURN(const std::string trainer, trainer_path(options.trainer));
  const int64_t slots = options.slots > 0 ? options.slots : sweep.resources.slots.value_or(0);
  EV_ASSIGN_OR_RETURN(const ThreadChoice choice, choose_threads(sweep, detect_machine(), state, trainer, slots));
  sweep.training.threads = choice.threads;
  if (options.output != "quiet") say(choice.why);
  return absl::OkStatus();
}

enum class End { kOver, kInterrupted };

// Until the sweep is over or somebody wants it stopped. The second signal ends the process at once.
StatusOr<End> follow(Embedded& embedded, const SweepId& id, Signals& signals, ProgressDisplay& display,
                     Remarks& remarks, const Clock& clock, SweepStatus& status) {
  Watcher watcher(embedded.channel, id, [&signals] { signals.wake(); });
  while (true) {
    if (signals.wait(kSignalPoll)) {
      display.end();
      say("stopping: trainings write their checkpoints");
      embedded.agent->request_stop();
      const TimePoint limit = clock.now() + kStopLimit;
      while (!embedded.agent->wait_stopped(kSignalPoll) && clock.now() < limit)
        if (signals.wait(Duration(0))) std::_Exit(kInterrupted);
      if (const std::optional<SweepStatus> newest = watcher.newest()) status = *newest;
      return End::kInterrupted;
    }
    const std::optional<Status> ended = watcher.ended();
    if (const std::optional<SweepStatus> newest = watcher.newest()) display.show(status = *newest, clock.now());
    if (ended && !ended->ok()) {  // all else that was said follows from it
      display.end();
      return *ended;
    }
    tell(remarks, display);
    if (!ended) continue;
    display.end();
    return End::kOver;
  }
}

Status tell_results(const RunOptions& options, const Sweep& sweep, const SweepFile& file, const SweepResults& results,
                    const SweepStatus& status, const Terminal& terminal) {
  EV_ASSIGN_OR_RETURN(const Evidence evidence, weigh(results));
  const std::string folder = report_folder(options.out, sweep);
  Json json = results_json(results, evidence, read_test_labels(sweep, results));
  add_sweep_file(json, file);
  EV_RETURN_IF_ERROR(publish(json, folder, options.output, terminal));
  if (options.output == "quiet") return absl::OkStatus();
  say(fmt::format("trained {} runs now, {} were already there", status.runs_trained, status.runs_reused));
  say("report: " + folder + "/report.html");
  return absl::OkStatus();
}

StatusOr<int> run(const RunOptions& options) {
  Signals signals;
  const SystemClock clock;
  const Terminal terminal = detect_terminal();
  Remarks remarks;
  EV_ASSIGN_OR_RETURN(Sweep sweep, read_sweep(options.file, options.data, options.overrides));
  EV_ASSIGN_OR_RETURN(std::string file_text, read_file(options.file));
  const SweepFile file{.text = std::move(file_text), .overrides = options.overrides};
  EV_RETURN_IF_ERROR(decide_threads(sweep, options));
  EV_ASSIGN_OR_RETURN(Embedded embedded, embed_coordinator(options, clock));
  EV_RETURN_IF_ERROR(start_dashboard(embedded, options, clock));
  EV_ASSIGN_OR_RETURN(const auto submitted, submit(embedded, sweep));
  SweepStatus status = submitted.second;
  EV_RETURN_IF_ERROR(check_report_folder(report_folder(options.out, sweep)));
  if (!status.over) {
    EV_RETURN_IF_ERROR(start_agent(embedded, options, sweep, clock));
    ProgressDisplay display(terminal, options.output == "quiet");
    EV_ASSIGN_OR_RETURN(const End end, follow(embedded, submitted.first, signals, display, remarks, clock, status));
    if (end == End::kInterrupted) {
      say(fmt::format("stopped with {} of {} trials done; the same command goes on from here", status.trials_finished,
                      status.trials));
      return kInterrupted;
    }
  }
  EV_ASSIGN_OR_RETURN(const SweepResults results, embedded.coordinator.host->results(submitted.first));
  EV_RETURN_IF_ERROR(tell_results(options, sweep, file, results, status, terminal));
  if (status.trials_failed == 0) return kOk;
  for (const std::string& cause : failure_causes(results, kCauses)) say(cause);
  say(fmt::format("{} of {} trials have no result; the report says why", status.trials_failed, status.trials));
  return kIncomplete;
}

}  // namespace

void add_run(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* verb = app.add_subcommand("run", "Train a sweep on this machine and report what it shows");
  verb->footer(
      "Examples:\n"
      "  evensweep run sweeps/digits.yaml\n"
      "  evensweep run sweeps/digits.yaml seeds=3 training.epochs=5 --out /tmp/quick\n"
      "Stopped or killed at any time, the same command goes on where it was; finished runs are never trained again.");
  verb->add_option("file", options->file, "Sweep file (docs/format/sweep.md)")->required();
  verb->add_option("overrides", options->overrides,
                   "key=value pairs that replace parts of the file, e.g. training.epochs=5");
  verb->add_option("--state", options->state, "State folder (default: $EVENSWEEP_STATE or ~/.local/state/evensweep)");
  verb->add_option("--out", options->out, "Folder of the report (default: results/<sweep name>)");
  verb->add_option("--data", options->data, "Folder in which data files are looked up first");
  verb->add_option("--slots", options->slots, "Trainings at a time (default: from the cores)")
      ->check(CLI::Range(1, 4096));
  verb->add_option("--trainer", options->trainer, "Training program (default: evensweep-trainer beside this one)");
  verb->add_option("--agent-config", options->agent_config, "Trainers of your own by name (docs/format/agent.md)");
  verb->add_flag("--web{7079}", options->web, "Show how it goes in a browser meanwhile, on port 7079 or --web=PORT")
      ->check(CLI::Range(1, 65535));
  verb->add_option("-o,--output", options->output, "table, json or quiet")
      ->check(CLI::IsMember({"table", "json", "quiet"}));
  verb->callback([options, &exit_code] {
    StatusOr<int> code = run(*options);
    if (!code.ok()) say(std::string(code.status().message()));
    exit_code = code.ok() ? *code : exit_code_of(code.status());
  });
}

}  // namespace evensweep

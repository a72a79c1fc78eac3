#include "cli/agent.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/devices/local_devices.h"
#include "agent/link/agent_host.h"
#include "cli/agent_config.h"
#include "cli/agent_place.h"
#include "cli/connection.h"
#include "cli/exit_code.h"
#include "cli/places.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "common/base/file.h"
#include "common/base/log.h"
#include "common/model/spec.h"
#include "evensweep/v1/agent_link.grpc.pb.h"

namespace evensweep {
namespace {

constexpr Duration kTick{1000};
// Below the 30 s that Slurm and Kubernetes give before they kill.
constexpr Duration kGrace{20000};

struct AgentFlags {
  ConnectionOptions connection;
  std::string slots = "auto", device, id, dir, trainer, config, ready_file;
  std::vector<std::string> data, labels;
  int64_t checkpoint_every = 600;  // seconds
  int64_t idle_timeout = 0;        // seconds; 0: it never goes by itself
};

// Flags go before the file.
void fill(ConnectionOptions& flags, const ConnectionOptions& file) {
  if (!flags.coordinator.empty()) return;  // what the file says is meant for its coordinator
  const auto fill_one = [](std::string& value, const std::string& from) {
    if (value.empty()) value = from;
  };
  fill_one(flags.coordinator, file.coordinator);
  fill_one(flags.ca, file.ca);
  fill_one(flags.cert, file.cert);
  fill_one(flags.key, file.key);
  fill_one(flags.token_file, file.token_file);
}

StatusOr<std::map<std::string, std::vector<std::string>>> trainers_of(const AgentFlags& flags,
                                                                      const AgentSettings& settings) {
  std::map<std::string, std::vector<std::string>> trainers = settings.trainers;
  StatusOr<std::string> built_in = trainer_path(flags.trainer);
  // Where only trainers of one's own are installed, those are what this machine is for.
  if (!built_in.ok() && trainers.empty()) return absl::FailedPreconditionError(built_in.status().message());
  if (built_in.ok()) trainers[kTrainerNumerics] = {*std::move(built_in)};
  return trainers;
}

// Whether the coordinator would let an agent with these credentials in; one that is not there is no reason to go.
Status knock(const Connection& connection) {
  const std::unique_ptr<v1::AgentLink::Stub> stub = v1::AgentLink::NewStub(connection.channel());
  grpc::ClientContext context;
  connection.prepare(context, Duration(10000));
  const auto stream = stub->Connect(&context);
  stream->WritesDone();
  const Status outcome = connection.outcome(stream->Finish());
  if (absl::IsUnauthenticated(outcome)) return outcome;
  if (!outcome.ok()) say(std::string(outcome.message()) + "; trying again until it is");
  return absl::OkStatus();
}

std::vector<Gpu> gpus_of_this_process() {
  const std::unique_ptr<GpuReader> reader = nvidia_gpus();
  if (!reader) return {};
  const char* visible = std::getenv("CUDA_VISIBLE_DEVICES");
  return visible_gpus(reader->read(), visible == nullptr ? std::nullopt : std::optional<std::string>(visible));
}

Status add_labels(const std::vector<std::string>& given, std::map<std::string, std::string>& labels) {
  for (const std::string& label : given) {
    const size_t equals = label.find('=');
    const std::string name = label.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : label.substr(equals + 1);
    if (!is_label(name) || !is_label(value))
      return absl::InvalidArgumentError(
          fmt::format("--labels: \"{}\" is no NAME=VALUE of up to 63 letters, digits, - _ . each", label));
    labels[name] = value;
  }
  return absl::OkStatus();
}

uint32_t slots_of(const AgentOptions& options) {
  uint32_t slots = 0;
  for (const LocalDevice& device : options.devices) slots += device.device.slots;
  return slots;
}

StatusOr<AgentOptions> options_of(const AgentFlags& flags, const AgentSettings& settings,
                                  const ConnectionOptions& connection) {
  AgentOptions agent;
  EV_ASSIGN_OR_RETURN(agent.dir, agent_folder(flags.dir.empty() ? settings.dir : flags.dir));
  EV_ASSIGN_OR_RETURN(agent.id, agent_id(flags.id.empty() ? settings.id : flags.id, agent.dir, connection.cert));
  EV_ASSIGN_OR_RETURN(agent.trainers, trainers_of(flags, settings));
  const std::string slots = flags.slots != "auto" ? flags.slots : settings.slots;
  const Machine machine = detect_machine();
  const std::string device = flags.device.empty() ? settings.device : flags.device;
  agent.devices = local_devices(machine, device == "cpu" ? std::vector<Gpu>{} : gpus_of_this_process(),
                                slots == "auto" ? 0 : static_cast<uint32_t>(std::stoul(slots)));
  agent.cores = machine.cores;
  agent.memory_bytes = static_cast<uint64_t>(machine.memory_bytes);
  agent.labels = settings.labels;
  EV_RETURN_IF_ERROR(add_labels(flags.labels, agent.labels));
  agent.grace = kGrace;
  agent.timeouts = settings.timeouts;
  agent.transfers = TransferOptions{.checkpoint_every = Duration(1000 * flags.checkpoint_every)};
  agent.checkpoint_seconds = std::min(agent.checkpoint_seconds, static_cast<double>(flags.checkpoint_every));
  std::vector<std::string> folders = settings.data;
  folders.insert(folders.end(), flags.data.begin(), flags.data.end());
  EV_ASSIGN_OR_RETURN(agent.files, files_in(folders));
  return agent;
}

// Until a signal comes, or it has had nothing to do for `idle_timeout` (0: for ever).
void wait_to_go(Signals& signals, const AgentHost& agent, Duration idle_timeout, const Clock& clock) {
  while (!signals.wait(kTick)) {
    const std::optional<TimePoint> since = agent.idle_since();
    if (idle_timeout == Duration(0) || !since || clock.now() - *since < idle_timeout) continue;
    return say(fmt::format("nothing to do for {} s", idle_timeout.count() / 1000));
  }
  say("stopping: trainings write their checkpoints and are given back");
}

Status serve(const AgentFlags& given) {
  Signals signals;
  set_log_level(LogLevel::kInfo);
  static const SystemClock clock;
  AgentFlags flags = given;
  EV_ASSIGN_OR_RETURN(const AgentSettings settings, read_agent_settings(flags.config));
  fill(flags.connection, settings.connection);
  EV_ASSIGN_OR_RETURN(const ConnectionOptions way, resolve(flags.connection));
  EV_ASSIGN_OR_RETURN(const Connection connection, connect(way));
  EV_ASSIGN_OR_RETURN(AgentOptions options, options_of(flags, settings, way));
  EV_RETURN_IF_ERROR(knock(connection));
  const std::string id = options.id.str(), dir = options.dir;
  const uint32_t slots = slots_of(options);
  EV_ASSIGN_OR_RETURN(const std::unique_ptr<AgentHost> agent,
                      AgentHost::start(std::move(options), connection.channel(), clock));
  say(fmt::format("agent {} trains for {}, {} at a time, folder {}", id, connection.target(), slots, dir));
  if (!flags.ready_file.empty()) EV_RETURN_IF_ERROR(replace_file(flags.ready_file, id + "\n"));
  wait_to_go(signals, *agent, Duration(1000 * flags.idle_timeout), clock);
  agent->request_stop();
  auto stopped = std::async(std::launch::async, [&] { agent->wait_stopped(kGrace + Duration(4000)); });
  leave_at_next(signals, stopped);
  return absl::OkStatus();
}

}  // namespace

void add_agent(CLI::App& app, int& exit_code) {
  auto flags = std::make_shared<AgentFlags>();
  CLI::App* verb = app.add_subcommand("agent", "Train on this machine what a coordinator gives it");
  verb->footer(
      "Examples:\n"
      "  evensweep agent --coordinator 127.0.0.1:7077\n"
      "  evensweep agent --config lab/agent.yaml --slots 4\n"
      "SIGTERM, SIGINT, SIGUSR1 and SIGUSR2 all mean: write checkpoints, give the runs back, and go.");
  add_connection_options(*verb, flags->connection);
  verb->add_option("--slots", flags->slots,
                   "Trainings at a time (on each GPU), or auto (default): one on each core or GPU")
      ->check([](const std::string& text) {
        return text == "auto" ? std::string() : CLI::Range(1, 4096)(const_cast<std::string&>(text));
      });
  verb->add_option("--device", flags->device, "auto (default): its GPUs if there are any; cpu: the processors alone")
      ->check(CLI::IsMember({"auto", "cpu"}));
  verb->add_option("--labels", flags->labels, "NAME=VALUE by which sweeps may choose it, several separated by commas")
      ->delimiter(',');
  verb->add_option("--id", flags->id, "Name of this agent (default: from the host name)");
  verb->add_option("--dir", flags->dir, "Folder of its own (default: ~/.local/state/evensweep-agent)");
  verb->add_option("--data", flags->data, "Folder with data files that this machine has, also several times");
  verb->add_option("--trainer", flags->trainer, "Training program (default: evensweep-trainer beside this one)");
  verb->add_option("--config", flags->config, "Configuration file (docs/format/agent.md)");
  verb->add_option("--checkpoint-every", flags->checkpoint_every,
                   "Seconds between a run's checkpoints that go to the coordinator (default: 600)")
      ->check(CLI::Range(1, 86400));
  verb->add_option("--idle-timeout", flags->idle_timeout,
                   "Seconds without anything to do after which it ends by itself (default: never)")
      ->check(CLI::Range(1, 604800));
  verb->add_option("--ready-file", flags->ready_file, "File to write the agent's id to once it runs");
  verb->callback([flags, &exit_code] {
    const Status status = serve(*flags);
    if (!status.ok()) say(std::string(status.message()));
    exit_code = exit_code_of(status);
  });
}

}  // namespace evensweep

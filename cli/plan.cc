#include "cli/plan.h"

#include <fmt/format.h>

#include <memory>

#include "cli/client.h"
#include "cli/exit_code.h"
#include "cli/places.h"
#include "cli/plan_text.h"
#include "cli/results_file.h"
#include "cli/terminal.h"
#include "cli/threads.h"
#include "common/model/json.h"
#include "coordinator/core/plan.h"
#include "coordinator/store/sqlite_store.h"
#include "sweeps/report/stored_results.h"

namespace evensweep {
namespace {

struct PlanOptions {
  ConnectionOptions connection;
  std::string file, state, data, pilot, output = "table";
  std::optional<double> seconds_per_run;
  std::vector<std::string> overrides;
};

// Whether the runs of a coordinator count, which somebody has named, or those of this machine's own state.
bool asks_coordinator(const PlanOptions& options) {
  return !options.connection.coordinator.empty() ||
         (options.state.empty() && !environment("EVENSWEEP_COORDINATOR").empty());
}

StatusOr<coordinator::FinishedRun> finished_at_coordinator(const PlanOptions& options) {
  EV_ASSIGN_OR_RETURN(Client connected, Client::connect(options.connection));
  auto client = std::make_shared<Client>(std::move(connected));
  return coordinator::FinishedRun([client](const RunKey& run) { return client->result(run); });
}

// Asks the store if there is one; without a state folder nothing is trained yet.
StatusOr<coordinator::FinishedRun> finished_runs(const PlanOptions& options) {
  if (asks_coordinator(options)) return finished_at_coordinator(options);
  EV_ASSIGN_OR_RETURN(const std::string folder, state_folder(options.state));
  StatusOr<std::unique_ptr<coordinator::SqliteStore>> store = coordinator::SqliteStore::open_for_reading(folder);
  if (absl::IsNotFound(store.status()))
    return coordinator::FinishedRun([](const RunKey&) -> StatusOr<std::optional<RunResult>> { return std::nullopt; });
  EV_RETURN_IF_ERROR(store.status());
  std::shared_ptr<coordinator::SqliteStore> shared = *std::move(store);
  return coordinator::FinishedRun([shared](const RunKey& run) { return shared->result_of(run); });
}

// Sweeps of this name that are stored and have another plan: this one is judged apart from them.
Status tell_other_plans(const PlanOptions& options, const Sweep& sweep) {
  if (asks_coordinator(options)) return absl::OkStatus();
  EV_ASSIGN_OR_RETURN(const std::string folder, state_folder(options.state));
  StatusOr<std::unique_ptr<coordinator::SqliteStore>> store = coordinator::SqliteStore::open_for_reading(folder);
  if (absl::IsNotFound(store.status())) return absl::OkStatus();
  EV_RETURN_IF_ERROR(store.status());
  EV_ASSIGN_OR_RETURN(const std::vector<coordinator::SubmittedPlan> plans, (*store)->plans_named(sweep.name));
  for (const coordinator::SubmittedPlan& plan : plans) {
    if (plan.sweep == sweep_id(sweep) || plan.plan_sha256 == plan_hash(sweep)) continue;
    say(fmt::format(
        "a sweep {} with another analysis plan is stored ({} arms, {} seeds); this one is a sweep of its own, "
        "its p values are adjusted over its own {} arms",
        sweep.name, plan.arms, plan.seeds, sweep.arms.size()));
  }
  return absl::OkStatus();
}

// A plan does not train, so it does not measure either.
Status decide_threads(Sweep& sweep, const PlanOptions& options) {
  if (asks_coordinator(options)) {  // as `submit` does
    if (sweep.training.threads == kAutoThreads) sweep.training.threads = 1;
    return absl::OkStatus();
  }
  EV_ASSIGN_OR_RETURN(const std::string state, state_folder(options.state));
  const StatusOr<ThreadChoice> choice =
      choose_threads(sweep, detect_machine(), state, /*trainer=*/"", sweep.resources.slots.value_or(0));
  if (!choice.ok()) say(std::string(choice.status().message()) + "; this plan takes 1, `evensweep run` measures");
  sweep.training.threads = choice.ok() ? choice->threads : 1;
  return absl::OkStatus();
}

Status show_plan(const PlanOptions& options) {
  EV_ASSIGN_OR_RETURN(Sweep sweep, read_sweep(options.file, options.data, options.overrides));
  EV_RETURN_IF_ERROR(decide_threads(sweep, options));
  EV_ASSIGN_OR_RETURN(const coordinator::FinishedRun finished, finished_runs(options));
  EV_ASSIGN_OR_RETURN(const coordinator::Plan planned, coordinator::plan(sweep, finished));
  EV_RETURN_IF_ERROR(tell_other_plans(options, sweep));
  PilotInput input{.results = std::nullopt, .seconds_per_run = options.seconds_per_run};
  if (!options.pilot.empty()) {
    EV_ASSIGN_OR_RETURN(const NamedResults pilot, read_results(options.pilot));
    StatusOr<SweepResults> results = stored_results(pilot.results);
    if (!results.ok()) return absl::InvalidArgumentError(pilot.file + ": " + std::string(results.status().message()));
    input.results = *std::move(results);
  }
  const Prospect prospect = prospect_of(sweep, planned, input);
  return print(options.output == "json" ? plan_json(sweep, planned, prospect) : plan_table(sweep, planned, prospect));
}

}  // namespace

void add_plan(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<PlanOptions>();
  CLI::App* verb =
      app.add_subcommand("plan", "Show what a sweep would train and what it can show, without training it");
  verb->footer(
      "Examples:\n  evensweep plan sweeps/digits.yaml seeds=20\n"
      "  evensweep plan sweeps/digits.yaml --coordinator head:7077    what it would train there");
  verb->add_option("file", options->file, "Sweep file (docs/format/sweep.md)")->required();
  verb->add_option("overrides", options->overrides, "key=value pairs that replace parts of the file");
  verb->add_option("--state", options->state,
                   "State folder whose runs count (default: $EVENSWEEP_STATE or ~/.local/state/evensweep)");
  verb->add_option("--data", options->data, "Folder in which data files are looked up first");
  verb->add_option("--pilot", options->pilot, "results.json or folder of an earlier sweep, for spread and run times");
  verb->add_option("--seconds-per-run", options->seconds_per_run, "How long a run takes (default: from finished runs)")
      ->check(CLI::PositiveNumber);
  add_connection_options(*verb, options->connection);
  verb->add_option("-o,--output", options->output, "table or json")->check(CLI::IsMember({"table", "json"}));
  verb->callback([options, &exit_code] {
    const Status status = show_plan(*options);
    if (!status.ok()) say(std::string(status.message()));
    exit_code = exit_code_of(status);
  });
}

}  // namespace evensweep

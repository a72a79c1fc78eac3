#include "cli/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "cli/exit_code.h"
#include "cli/places.h"
#include "cli/terminal.h"
#include "common/model/json.h"
#include "coordinator/core/plan.h"
#include "coordinator/store/sqlite_store.h"

namespace evensweep {
namespace {

constexpr int kPlanSchemaVersion = 1;

struct PlanOptions {
  std::string file, state, data, output = "table";
  std::vector<std::string> overrides;
};

// Asks the store if there is one; without a state folder nothing is trained yet.
StatusOr<coordinator::FinishedRun> finished_runs(const PlanOptions& options) {
  EV_ASSIGN_OR_RETURN(const std::string folder, state_folder(options.state));
  StatusOr<std::unique_ptr<coordinator::SqliteStore>> store = coordinator::SqliteStore::open_for_reading(folder);
  if (absl::IsNotFound(store.status()))
    return coordinator::FinishedRun([](const RunKey&) -> StatusOr<std::optional<RunResult>> { return std::nullopt; });
  EV_RETURN_IF_ERROR(store.status());
  std::shared_ptr<coordinator::SqliteStore> shared = *std::move(store);
  return coordinator::FinishedRun([shared](const RunKey& run) -> StatusOr<std::optional<RunResult>> {
    StatusOr<RunResult> result = shared->result(run);
    if (absl::IsNotFound(result.status())) return std::nullopt;
    EV_RETURN_IF_ERROR(result.status());
    return *std::move(result);
  });
}

std::string table_of(const Sweep& sweep, const coordinator::Plan& plan) {
  size_t width = 8;
  for (const coordinator::ArmPlan& arm : plan.arms) width = std::max(width, arm.name.size());
  std::string text = fmt::format("{}: {} arms x {} seeds = {} trials\n\n", sweep.name, plan.arms.size(),
                                 sweep.seeds.size(), plan.trials);
  text += fmt::format("{:<{}}  {:>7}  {:>8}\n", "arm", width, "trained", "to train");
  for (const coordinator::ArmPlan& arm : plan.arms) {
    text += fmt::format("{:<{}}  {:>7}  {:>8}", arm.name, width, arm.trained, arm.to_train);
    if (arm.after_baseline > 0) text += fmt::format("  {} after their baseline", arm.after_baseline);
    if (arm.shared > 0) text += fmt::format("  {} shared with an arm above", arm.shared);
    if (arm.identity) text += fmt::format("  identity: {}", *arm.identity);
    text += "\n";
  }
  return text + fmt::format("\n{} runs to train, {} already trained", plan.runs_to_train, plan.runs_trained);
}

std::string json_of(const Sweep& sweep, const coordinator::Plan& plan) {
  Json arms = Json::array();
  for (const coordinator::ArmPlan& arm : plan.arms)
    arms.push_back({{"name", arm.name},
                    {"trained", arm.trained},
                    {"to_train", arm.to_train},
                    {"after_baseline", arm.after_baseline},
                    {"shared", arm.shared},
                    {"identity", arm.identity ? Json(*arm.identity) : Json()}});
  const Json json = {{"schema", "evensweep-plan"},
                     {"schema_version", kPlanSchemaVersion},
                     {"sweep_id", sweep_id(sweep).str()},
                     {"sweep", to_json(sweep)},
                     {"arms", std::move(arms)},
                     {"trials", plan.trials},
                     {"runs_to_train", plan.runs_to_train},
                     {"runs_trained", plan.runs_trained}};
  return json.dump(2);
}

Status show_plan(const PlanOptions& options) {
  EV_ASSIGN_OR_RETURN(const Sweep sweep, read_sweep(options.file, options.data, options.overrides));
  EV_ASSIGN_OR_RETURN(const coordinator::FinishedRun finished, finished_runs(options));
  EV_ASSIGN_OR_RETURN(const coordinator::Plan planned, coordinator::plan(sweep, finished));
  return print(options.output == "json" ? json_of(sweep, planned) : table_of(sweep, planned));
}

}  // namespace

void add_plan(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<PlanOptions>();
  CLI::App* verb = app.add_subcommand("plan", "Show what a sweep would train, without training it");
  verb->footer("Example:\n  evensweep plan sweeps/digits.yaml seeds=20");
  verb->add_option("file", options->file, "Sweep file (docs/format/sweep.md)")->required();
  verb->add_option("overrides", options->overrides, "key=value pairs that replace parts of the file");
  verb->add_option("--state", options->state, "State folder (default: $EVENSWEEP_STATE or ~/.local/state/evensweep)");
  verb->add_option("--data", options->data, "Folder in which data files are looked up first");
  verb->add_option("-o,--output", options->output, "table or json")->check(CLI::IsMember({"table", "json"}));
  verb->callback([options, &exit_code] {
    const Status status = show_plan(*options);
    if (!status.ok()) say(std::string(status.message()));
    exit_code = exit_code_of(status);
  });
}

}  // namespace evensweep

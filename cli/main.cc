#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "cli/agent.h"
#include "cli/agents.h"
#include "cli/analyze.h"
#include "cli/certs.h"
#include "cli/compare.h"
#include "cli/control.h"
#include "cli/coordinator.h"
#include "cli/data.h"
#include "cli/doctor.h"
#include "cli/exit_code.h"
#include "cli/extend.h"
#include "cli/init.h"
#include "cli/logs.h"
#include "cli/look.h"
#include "cli/meta.h"
#include "cli/plan.h"
#include "cli/report.h"
#include "cli/run.h"
#include "cli/submit.h"
#include "cli/terminal.h"
#include "common/base/text.h"

namespace evensweep {
namespace {

// CLI11 calls an unknown verb an unexpected argument; this says what was probably meant.
std::string explain(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv) {
  std::vector<std::string> verbs;
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; }))
    verbs.push_back(verb->get_name());
  if (argc > 1 && argv[1][0] != '-' && app.get_subcommands().empty()) {
    std::string message = "there is no command \"" + std::string(argv[1]) + "\"";
    if (const std::optional<std::string> near = nearest_name(argv[1], verbs))
      message += "; did you mean \"" + *near + "\"?";
    return message + " See evensweep --help";
  }
  return std::string(error.what()) + "; see evensweep --help";
}

int main_of(int argc, char** argv) {
  CLI::App app("Finds out, with evidence, which rebalancing method makes a classifier treat its classes more evenly.",
               "evensweep");
  app.set_version_flag("--version", "evensweep " EVENSWEEP_VERSION);
  app.require_subcommand(1);
  app.footer(
      "Examples:\n"
      "  evensweep init my.csv                a first sweep file for a table of your own\n"
      "  evensweep plan sweeps/digits.yaml    what would be trained\n"
      "  evensweep run sweeps/digits.yaml     train it here and write the report\n"
      "  evensweep analyze results.csv        the same report for results from anywhere\n"
      "  evensweep compare results/a results/b    two sweeps side by side\n"
      "  evensweep coordinator, evensweep agent   the same on many machines (docs/operating.md)\n"
      "Exit codes: 0 ok, 1 failed, 2 wrong usage or file, 3 trials without result, 4 coordinator not reached,\n"
      "5 not authorised, 130 interrupted.");
  int exit_code = kOk;
  add_plan(app, exit_code);
  add_run(app, exit_code);
  add_submit(app, exit_code);
  add_look(app, exit_code);
  add_logs(app, exit_code);
  add_control(app, exit_code);
  add_extend(app, exit_code);
  add_agents(app, exit_code);
  add_coordinator(app, exit_code);
  add_agent(app, exit_code);
  add_certs(app, exit_code);
  add_compare(app, exit_code);
  add_meta(app, exit_code);
  add_analyze(app, exit_code);
  add_report(app, exit_code);
  add_data(app, exit_code);
  add_init(app, exit_code);
  add_doctor(app, exit_code);
  if (argc == 1) {
    std::fputs(app.help().c_str(), stdout);
    return kOk;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    say(explain(app, error, argc, argv));
    return kUsage;
  }
  return exit_code;
}

}  // namespace
}  // namespace evensweep

int main(int argc, char** argv) {
  evensweep::occupy_standard_descriptors();
  // Children are started by posix_spawn only; gRPC's fork handlers can only do harm. Before any gRPC call.
  setenv("GRPC_ENABLE_FORK_SUPPORT", "false", 1);
  try {
    return evensweep::main_of(argc, argv);
  } catch (const std::exception& error) {
    evensweep::say(std::string("unexpected: ") + error.what());
    return evensweep::kFailed;
  }
}

#include "cli/agents.h"

#include <memory>
#include <string>

#include "cli/exit_code.h"
#include "cli/terminal.h"
#include "cli/verb.h"
#include "cli/views_text.h"
#include "common/model/views_json.h"

namespace evensweep {
namespace {

struct AgentsOptions {
  VerbOptions verb;
};

struct DrainOptions {
  VerbOptions verb;
  std::string agent;
  bool undo = false;
};

StatusOr<int> list(const AgentsOptions& options) {
  EV_ASSIGN_OR_RETURN(Client client, options.verb.connect());
  EV_ASSIGN_OR_RETURN(const std::vector<AgentView> agents, client.agents());
  std::string ids;
  for (const AgentView& agent : agents) ids += agent.id.str() + "\n";
  EV_RETURN_IF_ERROR(show(
      options.verb,
      [&] {
        return cli_json("agents", {{"agents", json_list(agents)}});
      },
      ids, [&](size_t width) { return agents_table(agents, wall_clock(), width); }));
  if (agents.empty() && options.verb.output == "table")
    say("no agent yet; on a machine that is to train: " + next_command(options.verb, "agent"));
  return kOk;
}

StatusOr<int> drain(const DrainOptions& options) {
  EV_ASSIGN_OR_RETURN(Client client, options.verb.connect());
  EV_ASSIGN_OR_RETURN(const AgentView agent,
                      options.undo ? client.release(options.agent) : client.drain(options.agent));
  EV_RETURN_IF_ERROR(show(
      options.verb,
      [&] {
        return cli_json("agent", {{"agent", json_of(agent)}});
      },
      agent.id.str(), [&](size_t width) { return agents_table({agent}, wall_clock(), width); }));
  if (options.verb.output == "table" && !options.undo && agent.running > 0)
    say("it takes no more runs, and finishes those that it trains: " + std::to_string(agent.running));
  return kOk;
}

}  // namespace

void add_agents(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<AgentsOptions>();
  CLI::App* verb = app.add_subcommand("agents", "List the machines that train for a coordinator");
  verb->footer("Examples:\n  evensweep agents\n  evensweep agents -o json");
  add_verb_options(*verb, options->verb);
  run_verb(*verb, exit_code, [options] { return list(*options); });

  auto draining = std::make_shared<DrainOptions>();
  CLI::App* drain_verb = app.add_subcommand("drain", "Let an agent finish what it trains, and give it no more");
  drain_verb->footer(
      "Examples:\n  evensweep drain gpu-1           before the machine is taken away\n"
      "  evensweep drain gpu-1 --undo\n"
      "With --undo it takes runs again, also after it was quarantined.");
  drain_verb->add_option("agent", draining->agent, "Id of the agent, or the beginning of it")->required();
  drain_verb->add_flag("--undo", draining->undo, "Give it runs again");
  add_verb_options(*drain_verb, draining->verb);
  run_verb(*drain_verb, exit_code, [draining] { return drain(*draining); });
}

}  // namespace evensweep

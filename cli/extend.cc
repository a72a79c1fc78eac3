#include "cli/extend.h"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/exit_code.h"
#include "cli/extension.h"
#include "cli/places.h"
#include "cli/submit.h"
#include "cli/verb.h"
#include "common/model/json.h"

namespace evensweep {
namespace {

struct ExtendOptions {
  VerbOptions verb;
  std::string sweep, data;
  std::vector<std::string> overrides;
  bool wait = false;
};

StatusOr<int> extend(const ExtendOptions& options) {
  EV_ASSIGN_OR_RETURN(Client client, options.verb.connect());
  EV_ASSIGN_OR_RETURN(const SweepView of, client.sweep(options.sweep));
  EV_ASSIGN_OR_RETURN(const SweepDefinition definition, client.definition(of.id.str()));
  EV_ASSIGN_OR_RETURN(const Extension extension,
                      extend_sweep(definition, options.overrides, data_folders(options.data, of.name + ".yaml")));
  if (sweep_id(extension.sweep) == of.id)
    return absl::InvalidArgumentError(fmt::format("{} is the same sweep again; give more seeds or values", of.name));
  EV_ASSIGN_OR_RETURN(const SweepId id, submit_sweep(client, options.verb,
                                                     {.sweep = extension.sweep,
                                                      .file = extension.file,
                                                      .extends = of.id,
                                                      .files = extension.other_data,
                                                      .waits = options.wait}));
  if (!options.wait) return kOk;
  return wait_for(client, options.verb, id, nullptr);
}

}  // namespace

void add_extend(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<ExtendOptions>();
  CLI::App* verb =
      app.add_subcommand("extend", "Make a larger sweep of one that was submitted: more seeds, more values");
  verb->footer(
      "Example:\n  evensweep extend digits seeds=40 'methods.0.gamma=[0.5, 1, 2, 4]'\n"
      "The new sweep is judged for itself, and shares all runs that both ask for.");
  verb->add_option("sweep", options->sweep, "Name of the sweep, or the beginning of its id")->required();
  verb->add_option("overrides", options->overrides, "key=value pairs that replace parts of its sweep file")->required();
  verb->add_option("--data", options->data, "Folder of data files, where other data are asked for");
  verb->add_flag("--wait", options->wait, "Wait until it is over; exit code 3 if trials have no result");
  add_verb_options(*verb, options->verb);
  run_verb(*verb, exit_code, [options] { return extend(*options); });
}

}  // namespace evensweep

#include "cli/meta.h"

#include <memory>
#include <string>
#include <vector>

#include "cli/exit_code.h"
#include "cli/results_file.h"
#include "cli/terminal.h"
#include "sweeps/report/over_datasets.h"

namespace evensweep {
namespace {

struct MetaOptions {
  std::vector<std::string> places;
  std::string output = "table";
  double alpha = 0.05;
};

Status meta(const MetaOptions& options) {
  std::vector<NamedResults> documents;
  for (const std::string& place : options.places) {
    EV_ASSIGN_OR_RETURN(NamedResults document, read_results(place));
    documents.push_back(std::move(document));
  }
  EV_ASSIGN_OR_RETURN(const Json over, over_datasets_json(documents, options.alpha));
  if (options.output == "json") return print(results_text(over));
  return print(over_datasets_table(over, {.width = detect_terminal().width, .color = false}));
}

}  // namespace

void add_meta(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<MetaOptions>();
  CLI::App* verb = app.add_subcommand("meta", "Weigh the same methods over several data sets");
  verb->footer(
      "Example:\n"
      "  evensweep meta results/digits results/satimage results/cifar\n"
      "Ranks and a meta-analysis; one results file a data set (docs/several-datasets.md).");
  verb->add_option("results", options->places, "results.json of each data set, or the folders that hold them")
      ->required();
  verb->add_option("--alpha", options->alpha, "Level of tests and intervals (default: 0.05)");
  verb->add_option("-o,--output", options->output, "table or json")->check(CLI::IsMember({"table", "json"}));
  verb->callback([options, &exit_code] {
    const Status status = meta(*options);
    if (!status.ok()) say(std::string(status.message()));
    exit_code = exit_code_of(status);
  });
}

}  // namespace evensweep

#include "cli/compare.h"

#include <memory>
#include <string>

#include "cli/exit_code.h"
#include "cli/results_file.h"
#include "cli/terminal.h"
#include "sweeps/report/comparison.h"

namespace evensweep {
namespace {

struct CompareOptions {
  std::string a, b, output = "table";
};

Status compare(const CompareOptions& options) {
  EV_ASSIGN_OR_RETURN(const NamedResults a, read_results(options.a));
  EV_ASSIGN_OR_RETURN(const NamedResults b, read_results(options.b));
  EV_ASSIGN_OR_RETURN(const Json comparison, comparison_json(a, b));
  if (options.output == "json") return print(results_text(comparison));
  if (options.output == "csv") return print(comparison_csv(comparison));
  return print(comparison_table(comparison, {.width = detect_terminal().width, .color = false}));
}

}  // namespace

void add_compare(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<CompareOptions>();
  CLI::App* verb = app.add_subcommand("compare", "Compare the results of two sweeps, arm by arm and seed by seed");
  verb->footer(
      "Example:\n"
      "  evensweep compare results/digits results/digits-longer\n"
      "All differences are B less A (docs/comparing.md).");
  verb->add_option("a", options->a, "results.json of sweep A, or the folder that holds it")->required();
  verb->add_option("b", options->b, "results.json of sweep B, or the folder that holds it")->required();
  verb->add_option("-o,--output", options->output, "table, json or csv")
      ->check(CLI::IsMember({"table", "json", "csv"}));
  verb->callback([options, &exit_code] {
    const Status status = compare(*options);
    if (!status.ok()) say(std::string(status.message()));
    exit_code = exit_code_of(status);
  });
}

}  // namespace evensweep

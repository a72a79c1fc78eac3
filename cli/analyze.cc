#include "cli/analyze.h"

#include <memory>
#include <string>

#include "cli/exit_code.h"
#include "cli/places.h"
#include "cli/publish.h"
#include "cli/terminal.h"
#include "sweeps/report/report.h"
#include "sweeps/stats/evidence.h"
#include "sweeps/table/table.h"

namespace evensweep {
namespace {

struct AnalyzeOptions {
  std::string file, out, primary, output = "table";
  AnalysisSpec analysis;
};

Status analyze(const AnalyzeOptions& options) {
  AnalysisSpec analysis = options.analysis;
  if (!options.primary.empty()) analysis.primary = options.primary;
  EV_ASSIGN_OR_RETURN(const ResultsTable table, read_table(options.file));
  EV_ASSIGN_OR_RETURN(const SweepResults results, results_of(table, analysis));
  EV_ASSIGN_OR_RETURN(const Evidence evidence, weigh(results));
  const std::string folder = report_folder(options.out, results.sweep);
  EV_RETURN_IF_ERROR(publish(results_json(results, evidence), folder, options.output, detect_terminal()));
  if (options.output != "quiet") say("report: " + folder + "/report.html");
  return absl::OkStatus();
}

}  // namespace

void add_analyze(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<AnalyzeOptions>();
  CLI::App* verb = app.add_subcommand("analyze", "Report what results from anywhere show, given as a CSV table");
  verb->footer(
      "Example:\n"
      "  evensweep analyze results.csv --primary 'focal(gamma=2)'\n"
      "Columns: method, hyperparameters, seed, and either class, correct, total or label, prediction;\n"
      "docs/analysing-your-own-results.md has them all.");
  verb->add_option("file", options->file, "Table of results")->required();
  verb->add_option("--alpha", options->analysis.alpha, "Level of the tests (default: 0.05)");
  verb->add_option("--margin", options->analysis.accuracy_margin,
                   "Fall of accuracy that is accepted, as a share (default: 0.005, half a percentage point)");
  verb->add_option("--correction", options->analysis.correction,
                   "Correction for several methods (default: " + options->analysis.correction + ")");
  verb->add_option("--primary", options->primary, "The comparison chosen in advance, by its name in the report");
  verb->add_option("--out", options->out, "Folder of the report (default: results/<name of the table>)");
  verb->add_option("-o,--output", options->output, "table, json or quiet")
      ->check(CLI::IsMember({"table", "json", "quiet"}));
  verb->callback([options, &exit_code] {
    const Status status = analyze(*options);
    if (!status.ok()) say(std::string(status.message()));
    exit_code = exit_code_of(status);
  });
}

}  // namespace evensweep

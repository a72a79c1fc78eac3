#include "cli/report.h"

#include <filesystem>
#include <memory>
#include <string>

#include "cli/exit_code.h"
#include "cli/places.h"
#include "cli/publish.h"
#include "cli/results_file.h"
#include "cli/sweep_report.h"
#include "cli/terminal.h"
#include "cli/verb.h"
#include "sweeps/report/task.h"

namespace evensweep {
namespace {

struct ReportOptions {
  VerbOptions verb;
  ReportPlaces places;
  std::string file, task;
};

StatusOr<int> report_from_coordinator(const ReportOptions& options, StatusOr<Client> client) {
  if (!options.task.empty())
    return absl::InvalidArgumentError("--task takes the run from a report on this machine; make that first");
  EV_RETURN_IF_ERROR(client.status());
  return report_of_sweep(*client, options.file, options.places, options.verb);
}

StatusOr<int> report_from_file(const ReportOptions& options, const NamedResults& results) {
  if (!options.task.empty()) {
    EV_ASSIGN_OR_RETURN(const Json task,
                        task_of_run(results.results, options.task, std::filesystem::current_path().string()));
    EV_RETURN_IF_ERROR(print(task.dump() + "\n"));
    return kOk;
  }
  const std::string beside = std::filesystem::path(results.file).parent_path().string();
  const std::string folder = !options.places.out.empty() ? options.places.out : beside.empty() ? "." : beside;
  EV_RETURN_IF_ERROR(publish(results.results, folder, options.verb.output, detect_terminal()));
  if (!options.verb.quiet()) say("report: " + folder + "/report.html");
  return kOk;
}

StatusOr<int> make_report(const ReportOptions& options) {
  std::error_code ignored;
  const bool is_here = std::filesystem::exists(options.file, ignored);
  const bool is_named = !options.verb.connection.coordinator.empty();
  if (is_named || (!is_here && !environment("EVENSWEEP_COORDINATOR").empty()))
    return report_from_coordinator(options, options.verb.connect());
  const StatusOr<NamedResults> results = read_results(options.file);
  if (results.ok()) return report_from_file(options, *results);
  if (is_here) return results.status();
  // No such file: perhaps it is a sweep of the coordinator that is meant when none is named.
  StatusOr<int> made = report_from_coordinator(options, Client::connect(options.verb.connection, Duration(0)));
  return absl::IsUnavailable(made.status()) || absl::IsNotFound(made.status()) ? results.status() : made;
}

}  // namespace

void add_report(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<ReportOptions>();
  CLI::App* verb = app.add_subcommand("report", "Make all files of a report, from its results.json or a coordinator");
  verb->footer(
      "Examples:\n  evensweep report results/digits/results.json --out /tmp/again\n"
      "  evensweep report digits --coordinator head:7077      a sweep by its name or id\n"
      "  evensweep report results/digits --task 4f2a > task.json    to train this run by hand");
  verb->add_option("file", options->file,
                   "results.json of a report, the folder that holds it, or a sweep of a coordinator")
      ->required();
  verb->add_option("--out", options->places.out, "Folder of the report (default: that of the file, or results/<name>)");
  verb->add_option("--data", options->places.data, "Folder in which a sweep's data files are looked up first");
  verb->add_option("--task", options->task,
                   "Write no report; print the task that trains this run again (evensweep-trainer TASK.json)");
  add_verb_options(*verb, options->verb);
  run_verb(*verb, exit_code, [options] { return make_report(*options); });
}

}  // namespace evensweep

#include "cli/report.h"

#include <filesystem>
#include <memory>
#include <string>

#include "cli/exit_code.h"
#include "cli/publish.h"
#include "cli/results_file.h"
#include "cli/terminal.h"
#include "sweeps/report/task.h"

namespace evensweep {
namespace {

struct ReportOptions {
  std::string file, out, task, output = "table";
};

Status make_report(const ReportOptions& options) {
  EV_ASSIGN_OR_RETURN(const NamedResults results, read_results(options.file));
  if (!options.task.empty()) {
    EV_ASSIGN_OR_RETURN(const Json task,
                        task_of_run(results.results, options.task, std::filesystem::current_path().string()));
    return print(task.dump() + "\n");
  }
  const std::string beside = std::filesystem::path(results.file).parent_path().string();
  const std::string folder = !options.out.empty() ? options.out : beside.empty() ? "." : beside;
  EV_RETURN_IF_ERROR(publish(results.results, folder, options.output, detect_terminal()));
  if (options.output != "quiet") say("report: " + folder + "/report.html");
  return absl::OkStatus();
}

}  // namespace

void add_report(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<ReportOptions>();
  CLI::App* verb = app.add_subcommand("report", "Make all files of a report again, from its results.json");
  verb->footer(
      "Examples:\n  evensweep report results/digits/results.json --out /tmp/again\n"
      "  evensweep report results/digits --task 4f2a > task.json && evensweep-trainer task.json");
  verb->add_option("file", options->file, "results.json of a report, or the folder that holds it")->required();
  verb->add_option("--out", options->out, "Folder of the report (default: that of the file)");
  verb->add_option("--task", options->task,
                   "Write no report; print the task that trains this run again (evensweep-trainer TASK.json)");
  verb->add_option("-o,--output", options->output, "table, json or quiet")
      ->check(CLI::IsMember({"table", "json", "quiet"}));
  verb->callback([options, &exit_code] {
    const Status status = make_report(*options);
    if (!status.ok()) say(std::string(status.message()));
    exit_code = exit_code_of(status);
  });
}

}  // namespace evensweep

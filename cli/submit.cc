#include "cli/submit.h"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <utility>

#include "cli/exit_code.h"
#include "cli/follow.h"
#include "cli/places.h"
#include "cli/progress.h"
#include "cli/terminal.h"
#include "cli/views_text.h"
#include "common/base/file.h"
#include "common/model/files.h"
#include "common/model/views_json.h"
#include "common/transfer/file_transfer.h"
#include "sweeps/report/report.h"

namespace evensweep {
namespace {

struct SubmitOptions {
  VerbOptions verb;
  ReportPlaces report;
  std::string file;
  std::vector<std::string> overrides;
  std::optional<int64_t> priority;
  bool wait = false;
};

struct WaitOptions {
  VerbOptions verb;
  ReportPlaces report;
  std::string sweep;
};

// Threads are part of a run's identity, and on machines of many kinds nobody knows what is best.
void decide_threads(Sweep& sweep, const VerbOptions& options) {
  if (sweep.training.threads != kAutoThreads) return;
  sweep.training.threads = 1;
  if (!options.quiet()) say("training.threads: auto: 1, as the machines that will train are not known");
}

StatusOr<int> submit(const SubmitOptions& options) {
  EV_ASSIGN_OR_RETURN(Sweep sweep, read_sweep(options.file, options.report.data, options.overrides));
  EV_ASSIGN_OR_RETURN(std::string text, read_file(options.file));
  decide_threads(sweep, options.verb);
  if (options.priority) sweep.resources.priority = *options.priority;
  const bool reports = !options.report.out.empty();
  if (reports) EV_RETURN_IF_ERROR(check_report_folder(options.report.out));
  EV_ASSIGN_OR_RETURN(Client client, options.verb.connect());
  const bool waits = options.wait || reports;
  EV_ASSIGN_OR_RETURN(const SweepId id, submit_sweep(client, options.verb,
                                                     {.sweep = sweep,
                                                      .file = {.text = std::move(text), .overrides = options.overrides},
                                                      .extends = {},
                                                      .waits = waits}));
  if (!waits) return kOk;
  return wait_for(client, options.verb, id, reports ? &options.report : nullptr);
}

StatusOr<int> wait(const WaitOptions& options) {
  EV_ASSIGN_OR_RETURN(Client client, options.verb.connect());
  EV_ASSIGN_OR_RETURN(const SweepView view, client.sweep(options.sweep));
  return wait_for(client, options.verb, view.id, options.report.out.empty() ? nullptr : &options.report);
}

}  // namespace

StatusOr<SweepId> submit_sweep(Client& client, const VerbOptions& options, const Submitting& submitting) {
  EV_RETURN_IF_ERROR(client.sweeps(false, 1).status());  // whether it is there and lets us in, before anything large
  const Sweep& sweep = submitting.sweep;
  if (submitting.files) {
    FileTransfer transfer(client.connection().channel());
    const StatusOr<size_t> sent = transfer.upload_missing(all_files(sweep.dataset, sweep.model));
    // Our own files were read before, for their digests: this is what the coordinator says.
    if (absl::IsPermissionDenied(sent.status())) return absl::UnauthenticatedError(sent.status().message());
    EV_RETURN_IF_ERROR(sent.status());
    if (*sent > 0 && !options.quiet()) say(fmt::format("sent {} data file{}", *sent, *sent == 1 ? "" : "s"));
  }
  EV_ASSIGN_OR_RETURN(const Client::Submitted submitted, client.submit(sweep, submitting.file, submitting.extends));
  const std::string words = fmt::format("{} is sweep {}, {} trials{}", sweep.name, submitted.id.brief(),
                                        submitted.status.trials, submitted.known ? "; it was there already" : "");
  if (submitting.waits) {
    if (!options.quiet()) say(words);
    return submitted.id;
  }
  EV_ASSIGN_OR_RETURN(const SweepView view, client.sweep(submitted.id.str()));
  EV_RETURN_IF_ERROR(show(
      options,
      [&] {
        return cli_json("submitted", {{"sweep", json_of(view)}, {"known", submitted.known}});
      },
      submitted.id.str(), [&](size_t) { return words; }));
  if (!options.quiet() && !options.json())
    say("watch it: " + next_command(options, "status " + std::string(submitted.id.brief()) + " --watch"));
  return submitted.id;
}

StatusOr<int> wait_for(Client& client, const VerbOptions& options, const SweepId& sweep, const ReportPlaces* report) {
  Signals signals;
  const SystemClock clock;
  ProgressDisplay display(detect_terminal(), options.quiet());
  const StatusOr<SweepStatus> end = follow(client.connection(), sweep, signals,
                                           [&](const SweepStatus& status) { display.show(status, clock.now()); });
  display.end();
  if (absl::IsCancelled(end.status())) {
    say(std::string(end.status().message()));
    return kInterrupted;
  }
  EV_RETURN_IF_ERROR(end.status());
  if (report != nullptr) return report_of_sweep(client, sweep.str(), *report, options);
  EV_ASSIGN_OR_RETURN(const SweepView view, client.sweep(sweep.str()));
  EV_RETURN_IF_ERROR(show(
      options,
      [&] {
        return cli_json("status", {{"sweep", json_of(view)}});
      },
      "",
      [&](size_t width) { return picture_text({.sweep = view, .running = {}, .failed = {}}, wall_clock(), width); }));
  const int code = exit_code_of_end(view.status);
  if (options.quiet() || options.json()) return code;
  if (code == kIncomplete) say(missing_text(view));
  say("report: " + next_command(options, "report " + std::string(view.id.brief())));
  return code;
}

void add_submit(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<SubmitOptions>();
  CLI::App* verb = app.add_subcommand("submit", "Give a sweep to a coordinator, with the data files that it lacks");
  verb->footer(
      "Examples:\n  evensweep submit sweeps/digits.yaml\n"
      "  evensweep submit sweeps/digits.yaml seeds=20 --wait --out results/digits\n"
      "Submitting again asks for what is missing; finished runs are never trained again.");
  verb->add_option("file", options->file, "Sweep file (docs/format/sweep.md)")->required();
  verb->add_option("overrides", options->overrides, "key=value pairs that replace parts of the file");
  verb->add_option("--data", options->report.data, "Folder in which data files are looked up first");
  verb->add_option("--priority", options->priority, "Runs of higher ones go first (default: what the file says, or 0)")
      ->check(CLI::Range(-1000, 1000));
  verb->add_flag("--wait", options->wait, "Wait until it is over; exit code 3 if trials have no result");
  verb->add_option("--out", options->report.out, "Wait, and write the report into this folder");
  add_verb_options(*verb, options->verb);
  run_verb(*verb, exit_code, [options] { return submit(*options); });

  auto waiting = std::make_shared<WaitOptions>();
  CLI::App* wait_verb = app.add_subcommand("wait", "Wait until a sweep is over");
  wait_verb->footer(
      "Example:\n  evensweep wait digits --out results/digits\n"
      "Exit codes: 0 all trials have results, 3 some have none, 4 the coordinator was away too long.");
  wait_verb->add_option("sweep", waiting->sweep, "Name of the sweep, or the beginning of its id")->required();
  wait_verb->add_option("--out", waiting->report.out, "Write the report into this folder");
  wait_verb->add_option("--data", waiting->report.data, "Folder in which data files are looked up first");
  add_verb_options(*wait_verb, waiting->verb);
  run_verb(*wait_verb, exit_code, [waiting] { return wait(*waiting); });
}

}  // namespace evensweep

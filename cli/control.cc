#include "cli/control.h"

#include <fmt/format.h>

#include <memory>
#include <utility>
#include <vector>

#include "cli/exit_code.h"
#include "cli/terminal.h"
#include "cli/text_table.h"
#include "cli/verb.h"
#include "common/model/views_json.h"

namespace evensweep {
namespace {

struct ControlOptions {
  VerbOptions verb;
  std::vector<std::string> sweeps;
  bool failed = false;
};

struct ControlVerb {
  const char* name;
  const char* help;
  const char* footer;
  v1::SweepAction action;
};

constexpr ControlVerb kVerbs[] = {
    {"pause", "Start no more runs of a sweep; those that train go on",
     "Example:\n  evensweep pause digits\nIt goes on with `evensweep resume SWEEP`, also after a restart of the "
     "coordinator.",
     v1::SWEEP_ACTION_PAUSE},
    {"resume", "Go on with a sweep that was paused or stopped",
     "Example:\n  evensweep resume digits\nFinished runs are never trained again.", v1::SWEEP_ACTION_RESUME},
    {"stop", "Finish the runs of a sweep that train, and start no more",
     "Example:\n  evensweep stop digits\nTo end them at once: evensweep cancel SWEEP.", v1::SWEEP_ACTION_STOP},
    {"cancel", "End a sweep and the runs of it that train, at once",
     "Examples:\n  evensweep cancel digits\n  evensweep cancel digits 4f2a    several at a time\nRuns that another "
     "sweep needs too go on. Results that are there stay.",
     v1::SWEEP_ACTION_CANCEL},
    {"retry", "Try the failed trials of a sweep again",
     "Example:\n  evensweep retry digits --failed\nTrials that diverged are not tried again: that is a finding.",
     v1::SWEEP_ACTION_RETRY_FAILED}};

std::string words_for(const Client::Controlled& done, v1::SweepAction action) {
  const std::string name = fmt::format("{} ({})", printable(done.sweep.name), done.sweep.id.brief());
  if (action == v1::SWEEP_ACTION_RETRY_FAILED)
    return done.changed == 0 ? name + ": nothing to try again"
                             : fmt::format("{}: {} trials are tried again", name, done.changed);
  const std::string phase = phase_name(done.sweep.status.phase);
  if (action == v1::SWEEP_ACTION_STOP && !done.sweep.status.over)
    return fmt::format("{} is {}; {} runs train to their end", name, phase, done.sweep.status.running);
  return name + " is " + phase;
}

// All that was done, as one document.
class Done {
 public:
  void add(const Client::Controlled& done, v1::SweepAction action) {
    Json entry = json_of(done.sweep);
    entry["changed"] = done.changed;
    list_.push_back(std::move(entry));
    text_ += words_for(done, action) + "\n";
    ids_ += done.sweep.id.str() + "\n";
  }
  Status tell(const VerbOptions& options) const {
    if (list_.empty()) return absl::OkStatus();
    return show(
        options,
        [&] {
          return cli_json("controlled", {{"sweeps", list_}});
        },
        ids_, [&](size_t) { return text_; });
  }

 private:
  Json list_ = Json::array();
  std::string text_, ids_;
};

StatusOr<int> control(const ControlOptions& options, v1::SweepAction action) {
  if (action == v1::SWEEP_ACTION_RETRY_FAILED && !options.failed)
    return absl::InvalidArgumentError("say what to try again: --failed");
  EV_ASSIGN_OR_RETURN(Client client, options.verb.connect());
  Done done;
  Status wrong;
  for (size_t i = 0; i < options.sweeps.size() && wrong.ok(); ++i) {
    const StatusOr<Client::Controlled> answer = client.control(options.sweeps[i], action);
    if (answer.ok())
      done.add(*answer, action);
    else
      wrong = answer.status();
  }
  EV_RETURN_IF_ERROR(done.tell(options.verb));  // what was done before something went wrong too
  EV_RETURN_IF_ERROR(wrong);
  return kOk;
}

}  // namespace

void add_control(CLI::App& app, int& exit_code) {
  for (const ControlVerb& known : kVerbs) {
    auto options = std::make_shared<ControlOptions>();
    CLI::App* verb = app.add_subcommand(known.name, known.help);
    verb->footer(known.footer);
    verb->add_option("sweep", options->sweeps, "Name of the sweep, or the beginning of its id; or several")->required();
    if (known.action == v1::SWEEP_ACTION_RETRY_FAILED)
      verb->add_flag("--failed", options->failed, "Those that failed for another reason than divergence");
    add_verb_options(*verb, options->verb);
    run_verb(*verb, exit_code, [options, action = known.action] { return control(*options, action); });
  }
}

}  // namespace evensweep

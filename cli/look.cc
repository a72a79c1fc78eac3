#include "cli/look.h"

#include <fmt/format.h>

#include <functional>
#include <memory>
#include <utility>

#include "cli/exit_code.h"
#include "cli/follow.h"
#include "cli/screen.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "cli/text_table.h"
#include "cli/verb.h"
#include "cli/views_text.h"
#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/model/views_json.h"

namespace evensweep {
namespace {

constexpr size_t kMostListed = 1'000'000;
constexpr size_t kMostShown = 10;  // running and failed trials of a status
constexpr Duration kRedraw{1'000};
constexpr Duration kPlainLine{10'000};
constexpr Duration kGlance{100};  // at the terminal's size

struct ListOptions {
  VerbOptions verb;
  std::string sweep;
  std::vector<std::string> states;
  bool all = false;
};

struct StatusOptions {
  VerbOptions verb;
  std::string sweep;
  bool watch = false;
};

std::string ids_of(const std::vector<SweepView>& sweeps) {
  std::string text;
  for (const SweepView& sweep : sweeps) text += sweep.id.str() + "\n";
  return text;
}

StatusOr<int> list_sweeps(const ListOptions& options) {
  EV_ASSIGN_OR_RETURN(Client client, options.verb.connect());
  EV_ASSIGN_OR_RETURN(const Client::SweepsPage page, client.sweeps(options.all));
  EV_RETURN_IF_ERROR(show(
      options.verb,
      [&] {
        return cli_json("sweeps", {{"sweeps", json_list(page.sweeps)}, {"more", page.more}});
      },
      ids_of(page.sweeps), [&](size_t width) { return sweeps_table(page.sweeps, wall_clock(), width); }));
  if (page.more) say("there are further, older ones");
  if (!page.sweeps.empty() || options.verb.output != "table") return kOk;
  say(options.all ? "no sweep yet; submit one: " + next_command(options.verb, "submit FILE")
                  : "no sweep is under way; those that are over: " + next_command(options.verb, "ls --all"));
  return kOk;
}

Status unknown_state(const std::string& name) {
  std::vector<std::string> known;
  for (int state = 0; state <= static_cast<int>(TrialState::kCancelled); ++state)
    known.emplace_back(trial_state_name(static_cast<TrialState>(state)));
  const std::optional<std::string> near = nearest_name(name, known);
  return absl::InvalidArgumentError("there is no state " + in_quotes(name) + " of trials; " +
                                    (near ? "did you mean \"" + *near + "\"?" : "evensweep ls --help lists them"));
}

StatusOr<std::vector<TrialState>> states_of(const std::vector<std::string>& names) {
  std::vector<TrialState> states;
  for (const std::string& name : names) {
    const std::optional<TrialState> state = parse_trial_state(name);
    if (!state) return unknown_state(name);
    states.push_back(*state);
  }
  return states;
}

StatusOr<int> list_trials(const ListOptions& options) {
  EV_ASSIGN_OR_RETURN(const std::vector<TrialState> states, states_of(options.states));
  EV_ASSIGN_OR_RETURN(Client client, options.verb.connect());
  EV_ASSIGN_OR_RETURN(const std::vector<TrialView> trials, client.trials(options.sweep, states, kMostListed));
  std::string references;
  for (const TrialView& trial : trials) references += trial_reference(trial) + "\n";
  EV_RETURN_IF_ERROR(show(
      options.verb,
      [&] {
        return cli_json("trials", {{"trials", json_list(trials)}});
      },
      references, [&](size_t width) { return trials_table(trials, width); }));
  return kOk;
}

StatusOr<SweepPicture> picture_of(Client& client, const std::string& sweep) {
  SweepPicture picture;
  EV_ASSIGN_OR_RETURN(picture.sweep, client.sweep(sweep));
  const std::string id = picture.sweep.id.str();
  if (!picture.sweep.status.over) {
    EV_ASSIGN_OR_RETURN(picture.running, client.trials(id, {TrialState::kRunning}, kMostShown));
  }
  if (picture.sweep.status.trials_failed > 0) {
    EV_ASSIGN_OR_RETURN(picture.failed, client.trials(id, {TrialState::kFailed}, kMostShown));
  }
  return picture;
}

std::string picture_json(const SweepPicture& picture) {
  return cli_json("status", {{"sweep", json_of(picture.sweep)},
                             {"running", json_list(picture.running)},
                             {"failed", json_list(picture.failed)}});
}

// What to do about it, where there is something to do.
void advise(const VerbOptions& options, const SweepView& sweep) {
  const std::string id(sweep.id.brief());
  if (options.output != "table") return;
  if (sweep.status.trials_failed > 0) say("why they failed: " + next_command(options, "logs " + id));
  if (sweep.status.phase == SweepPhase::kPaused) say("go on: " + next_command(options, "resume " + id));
  if (sweep.status.over) say("report: " + next_command(options, "report " + id));
}

StatusOr<int> show_sweep(const StatusOptions& options) {
  EV_ASSIGN_OR_RETURN(Client client, options.verb.connect());
  EV_ASSIGN_OR_RETURN(const SweepPicture picture, picture_of(client, options.sweep));
  EV_RETURN_IF_ERROR(show(
      options.verb, [&] { return picture_json(picture); }, phase_name(picture.sweep.status.phase),
      [&](size_t width) { return picture_text(picture, wall_clock(), width); }));
  advise(options.verb, picture.sweep);
  return kOk;
}

// What the coordinator has to do altogether.
struct Overview {
  std::vector<SweepView> sweeps;
  std::vector<AgentView> agents;
};
StatusOr<Overview> overview_of(Client& client) {
  EV_ASSIGN_OR_RETURN(Client::SweepsPage page, client.sweeps(/*over_too=*/false));
  EV_ASSIGN_OR_RETURN(std::vector<AgentView> agents, client.agents());
  return Overview{.sweeps = std::move(page.sweeps), .agents = std::move(agents)};
}

std::string overview_text(const Overview& overview, size_t width) {
  const std::string agents = agents_line(overview.agents) + "\n";
  if (overview.sweeps.empty()) return agents + "no sweep is under way\n";
  return agents + "\n" + sweeps_table(overview.sweeps, wall_clock(), width);
}

StatusOr<int> show_overview(const StatusOptions& options) {
  EV_ASSIGN_OR_RETURN(Client client, options.verb.connect());
  EV_ASSIGN_OR_RETURN(const Overview overview, overview_of(client));
  EV_RETURN_IF_ERROR(show(
      options.verb,
      [&] {
        return cli_json("overview", {{"sweeps", json_list(overview.sweeps)}, {"agents", json_list(overview.agents)}});
      },
      ids_of(overview.sweeps), [&](size_t width) { return overview_text(overview, width); }));
  return kOk;
}

// Draws what `picture` gives, again and again: the text, and whether that was the last. Ends by a signal too. A
// coordinator that is away may come back.
StatusOr<int> watch(const std::function<StatusOr<std::pair<std::string, bool>>(size_t width)>& picture) {
  Signals signals;
  Screen screen(detect_terminal());
  const SystemClock clock;
  TimePoint reached = clock.now();
  std::string last;
  while (true) {
    const StatusOr<std::pair<std::string, bool>> drawn = picture(screen.width());
    const bool away = absl::IsUnavailable(drawn.status()) && clock.now() - reached < kLongPatience;
    if (!drawn.ok() && !away) return drawn.status();
    if (drawn.ok()) {
      reached = clock.now();
      last = drawn->first;
    }
    screen.draw(away ? last + cut_to(std::string(drawn.status().message()), screen.width()) + "\n" : last);
    if (drawn.ok() && drawn->second) return kOk;
    const TimePoint next = clock.now() + (screen.moves() ? kRedraw : kPlainLine);
    while (clock.now() < next && !(screen.moves() && screen.resized()))
      if (signals.wait(kGlance)) return kInterrupted;
  }
}

StatusOr<int> watch_sweep(const StatusOptions& options) {
  EV_ASSIGN_OR_RETURN(Client client, Client::connect(options.verb.connection, Duration(0)));
  SweepView last;
  EV_ASSIGN_OR_RETURN(const int code, watch([&](size_t width) -> StatusOr<std::pair<std::string, bool>> {
                        EV_ASSIGN_OR_RETURN(const SweepPicture picture, picture_of(client, options.sweep));
                        last = picture.sweep;
                        return std::pair(picture_text(picture, wall_clock(), width), picture.sweep.status.over);
                      }));
  if (code != kOk) return code;
  advise(options.verb, last);
  return exit_code_of_end(last.status);
}

StatusOr<int> watch_overview(const StatusOptions& options) {
  EV_ASSIGN_OR_RETURN(Client client, Client::connect(options.verb.connection, Duration(0)));
  return watch([&](size_t width) -> StatusOr<std::pair<std::string, bool>> {
    EV_ASSIGN_OR_RETURN(const Overview overview, overview_of(client));
    return std::pair(overview_text(overview, width), false);
  });
}

StatusOr<int> status(const StatusOptions& options) {
  if (options.watch && options.verb.output != "table")
    return absl::InvalidArgumentError("--watch draws for people; for programs there is `evensweep wait SWEEP -o json`");
  if (options.sweep.empty()) return options.watch ? watch_overview(options) : show_overview(options);
  return options.watch ? watch_sweep(options) : show_sweep(options);
}

}  // namespace

void add_look(CLI::App& app, int& exit_code) {
  auto list = std::make_shared<ListOptions>();
  CLI::App* ls = app.add_subcommand("ls", "List the sweeps of a coordinator, or the trials of one of them");
  ls->footer(
      "Examples:\n  evensweep ls --all\n  evensweep ls digits --state failed\n"
      "A sweep is its name, or the beginning of its id; a trial is SWEEP/ARM/SEED.");
  ls->add_option("sweep", list->sweep, "List the trials of this sweep");
  CLI::Option* all = ls->add_flag("-a,--all", list->all, "List sweeps that are over as well");
  ls->add_option("--state", list->states, "List trials in this state alone; may be given several times")
      ->allow_extra_args(false)
      ->excludes(all);
  add_verb_options(*ls, list->verb);
  run_verb(*ls, exit_code, [list]() -> StatusOr<int> {
    if (!list->sweep.empty()) return list_trials(*list);
    if (!list->states.empty())
      return absl::InvalidArgumentError("--state is for the trials of a sweep; name the sweep");
    return list_sweeps(*list);
  });

  auto one = std::make_shared<StatusOptions>();
  CLI::App* verb = app.add_subcommand("status", "Show how a sweep stands, or all that are under way");
  verb->footer("Examples:\n  evensweep status\n  evensweep status digits --watch");
  verb->add_option("sweep", one->sweep, "Name of the sweep, or the beginning of its id (default: all under way)");
  verb->add_flag("-w,--watch", one->watch, "Redraw until it is over; exit code 3 if trials have no result");
  add_verb_options(*verb, one->verb);
  run_verb(*verb, exit_code, [one] { return status(*one); });
}

}  // namespace evensweep

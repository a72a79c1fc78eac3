#include "coordinator/http/pages/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "sweeps/report/escape.h"
#include "sweeps/report/format.h"

namespace evensweep::coordinator {
namespace {

constexpr size_t kRoomy = 40;  // seeds for which there is room for larger dots
constexpr std::array<TrialState, 9> kStates = {
    TrialState::kFinished, TrialState::kRunning,    TrialState::kLeased,
    TrialState::kReady,    TrialState::kUnresolved, TrialState::kWaitingForBaseline,
    TrialState::kFailed,   TrialState::kNotNeeded,  TrialState::kCancelled};

uint64_t ended(const SweepStatus& status) {
  return status.trials_finished + status.trials_failed + status.trials_not_needed;
}

// ---- the header

std::string alerts(const SweepFacts& facts) {
  const SweepView& sweep = facts.grid.sweep;
  std::string items;
  if (sweep.status.trials_failed > 0)
    items += fmt::format("<li>{} failed: {}.</li>", counted(static_cast<int64_t>(sweep.status.trials_failed), "trial"),
                         link(sweep_path(sweep.id) + "/failures", "see why"));
  if (!sweep.status.over && sweep.status.phase == SweepPhase::kActive && facts.slots == 0)
    items += "<li>Nothing trains: no agent is connected that takes work.</li>";
  return items.empty() ? "" : "<ul class=\"warn alerts\" aria-label=\"Alerts\">" + items + "</ul>\n";
}

std::string header(const SweepFacts& facts, const Seat& seat) {
  const SweepView& sweep = facts.grid.sweep;
  const SweepStatus& status = sweep.status;
  std::vector<std::pair<std::string, std::string>> list = {
      {"Phase", phase_name(status.phase)},
      {"Done", progress_bar(ended(status), status.trials) + fmt::format(" ({} of {})", ended(status), status.trials)},
      {"Finished", std::to_string(status.trials_finished)},
      {"Failed", std::to_string(status.trials_failed)},
      {"Running", std::to_string(status.running)}};
  if (status.trials_not_needed > 0) list.emplace_back("Not needed", std::to_string(status.trials_not_needed));
  if (!status.over)
    list.emplace_back("Time left", time_left_text(time_left(status, facts.figures.latest_seconds, facts.slots)));
  list.emplace_back("Trained for", duration_text(facts.figures.seconds));
  list.emplace_back("Submitted", time_ago(sweep.submitted_at, seat.unix_millis));
  return facts_list(list);
}

std::string actions(const SweepView& sweep, const Seat& seat) {
  if (!seat.visitor.may(Right::kSubmit)) return "";
  const std::string path = sweep_path(sweep.id);
  std::string buttons;
  if (sweep.status.phase == SweepPhase::kActive && !sweep.status.over) buttons += button(path + "/pause", "Pause");
  if (sweep.status.phase != SweepPhase::kActive && sweep.status.phase != SweepPhase::kOver)
    buttons += button(path + "/resume", "Resume");
  if (sweep.status.trials_failed > 0) buttons += button(path + "/retry", "Retry what failed");
  if (!sweep.status.over && sweep.status.phase != SweepPhase::kStopping) {
    buttons += asking_button(path + "/stop", "Stop");
    buttons += asking_button(path + "/cancel", "Cancel");
  }
  return buttons.empty() ? "" : "<div class=\"actions\">" + buttons + "</div>\n";
}

// ---- interim figures

std::string interim(const SweepFacts& facts) {
  std::vector<std::vector<std::string>> rows;
  const bool complete = facts.grid.sweep.status.over;
  for (size_t arm = 0; arm < facts.grid.arms.size(); ++arm) {
    const ArmFigures figure = arm < facts.figures.arms.size() ? facts.figures.arms[arm] : ArmFigures{};
    std::string value = figure.pairs == 0 ? ""
                        : arm == 0        ? fixed(figure.mean * kPp2, 2)
                                          : signed_fixed(figure.mean * kPp2, 2);
    if (figure.sd)
      value += fmt::format(" ± {}", fixed(*figure.sd * kPp2 / std::sqrt(static_cast<double>(figure.pairs)), 2));
    rows.push_back({html_escape(facts.grid.arms[arm]), fmt::format("{} of {}", figure.finished, facts.grid.seeds),
                    std::to_string(figure.failed), std::to_string(figure.pairs),
                    fmt::format("<span class=\"interim\">{}</span>", value)});
  }
  const std::string words =
      complete ? "All trials have ended. The tests, corrected for the number of arms, are in the report: "
               : "Interim figures, without tests: they change until all seeds are in, and looking often makes one of "
                 "them look good by chance. Then: ";
  return fmt::format("<p class=\"muted\">{}<code>evensweep report {}</code></p>\n", words,
                     html_escape(facts.grid.sweep.id.brief())) +
         rich_table(
             "Baseline: variance of the test TPRs. Arms: D_u, the baseline's variance less the arm's; above 0, "
             "the classes are treated more evenly. Mean ± standard error over the seeds, in pp²",
             {"Arm", "Finished", "Failed", "Seeds compared", complete ? "Mean" : "Interim mean"}, rows, "");
}

// ---- the grid

std::string legend() {
  std::string items;
  for (const TrialState state : kStates) items += "<li>" + state_cell(state) + "</li>";
  return "<ul class=\"legend\" aria-label=\"Legend\">" + items + "</ul>\n";
}

std::string window_links(const SweepGrid& grid) {
  if (grid.window.size() >= grid.seeds) return {};
  const std::string path = sweep_path(grid.sweep.id) + "?from=";
  std::string links = fmt::format("Seeds {} to {} of {}.", grid.first + 1, grid.first + grid.window.size(), grid.seeds);
  if (grid.first > 0)
    links += " " + link(path + std::to_string(grid.first - std::min<uint64_t>(grid.first, grid.window.size())),
                        "Earlier seeds");
  if (grid.first + grid.window.size() < grid.seeds)
    links += " " + link(path + std::to_string(grid.first + grid.window.size()), "Later seeds");
  return "<p>" + links + "</p>\n";
}

}  // namespace

std::string time_left_text(const std::optional<std::pair<double, double>>& left) {
  if (!left) return "not known yet";
  const std::string low = duration_text(left->first), high = duration_text(left->second);
  return low == high ? "about " + low : low + " to " + high;
}

std::string completeness_grid(const SweepGrid& grid) {
  std::string head = "<th scope=\"col\">Arm</th>";
  const bool is_roomy = grid.window.size() <= kRoomy;
  const size_t stride = is_roomy ? (grid.window.size() > 20 ? 5 : 1) : 10;
  for (size_t i = 0; i < grid.window.size(); ++i)
    head += i % stride == 0 ? fmt::format("<th scope=\"col\"><span>{}</span></th>", grid.window[i]) : "<td></td>";
  std::string rows;
  for (size_t arm = 0; arm < grid.arms.size(); ++arm) {
    rows += fmt::format("<tr><th scope=\"row\" title=\"{0}\"><a href=\"{1}/trials?from={2}\">{0}</a></th>",
                        html_escape(grid.arms[arm]), sweep_path(grid.sweep.id), arm * grid.seeds + grid.first);
    for (size_t i = 0; i < grid.window.size(); ++i) {
      const TrialState state = grid.states[arm * grid.window.size() + i];
      // One stop of the Tab key for all of them: arrow keys go from dot to dot.
      rows += fmt::format("<td><a class=\"mark {}\" tabindex=\"{}\" href=\"{}\" aria-label=\"seed {}: {}\"></a></td>",
                          trial_state_name(state), arm == 0 && i == 0 ? 0 : -1,
                          trial_path(grid.sweep.id, static_cast<uint32_t>(arm), grid.window[i]), grid.window[i],
                          state_words(state));
    }
    rows += "</tr>\n";
  }
  return fmt::format(
      "<div class=\"wide\" role=\"region\" aria-label=\"Completeness grid\"><table class=\"dots{}\">"
      "<thead><tr>{}</tr></thead><tbody>\n{}</tbody></table></div>\n",
      is_roomy ? " roomy" : "", head, rows);
}

std::string sweep_title(const SweepFacts& facts) {
  const SweepStatus& status = facts.grid.sweep.status;
  return fmt::format("{} {}", percent_text(ended(status), status.trials), clean_text(facts.grid.sweep.name));
}

std::string sweep_parts(const SweepFacts& facts, const Seat& seat) {
  return live("alerts", alerts(facts)) + live("header", header(facts, seat)) +
         live("actions", actions(facts.grid.sweep, seat)) +
         section("grid", "Completeness",
                 live("grid", window_links(facts.grid) + completeness_grid(facts.grid)) + legend()) +
         section("arms", "Arms", live("arms", interim(facts)));
}

std::string sweep_page(const SweepFacts& facts, const Seat& seat) {
  const SweepView& sweep = facts.grid.sweep;
  const std::string path = sweep_path(sweep.id);
  const std::string links =
      fmt::format("<p class=\"links\">{} {} {} <span class=\"muted\">id <code>{}</code></span></p>\n",
                  link(path + "/trials", "Trials"), link(path + "/failures", "Failures"),
                  link(path + "/timeline", "Timeline"), html_escape(sweep.id.brief()));
  return whole_page({.title = sweep_title(facts),
                     .tab = "/",
                     .events = fmt::format("{}/live?from={}", path, facts.grid.first),
                     .body = "<h1>" + html_escape(sweep.name) + "</h1>\n" + links + sweep_parts(facts, seat)},
                    seat);
}

// ---- trials as a list

std::string trials_page(const TrialsFacts& facts, const Seat& seat) {
  const std::string path = sweep_path(facts.sweep.id) + "/trials";
  const std::string filter = facts.state ? std::string("state=") + trial_state_name(*facts.state) + "&" : "";
  std::string states = link(path, "all");
  for (const TrialState state : kStates)
    states += " " + link(path + "?state=" + trial_state_name(state), state_words(state));
  std::vector<std::vector<std::string>> rows;
  for (const TrialView& trial : facts.page.trials)
    rows.push_back({link(trial_path(trial.sweep, trial.arm, trial.seed), trial.arm_name), std::to_string(trial.seed),
                    state_cell(trial.state), std::to_string(trial.attempts), html_escape(trial.reason)});
  std::string body = fmt::format("<h1>Trials of {}</h1>\n<p class=\"links\">Show: {}</p>\n",
                                 link(sweep_path(facts.sweep.id), facts.sweep.name), states);
  body += rich_table(facts.state ? fmt::format("Those that are {}", state_words(*facts.state)) : "By arm, then by seed",
                     {"Arm", "Seed", "State", "Attempts", "Reason"}, rows, "There are none.");
  if (facts.page.next)
    body += "<p>" + link(fmt::format("{}?{}from={}", path, filter, *facts.page.next), "The next ones") + "</p>\n";
  return whole_page(
      {.title = "Trials of " + clean_text(facts.sweep.name), .tab = "/", .events = "", .body = std::move(body)}, seat);
}

// ---- failures

std::string failures_page(const FailuresFacts& facts, const Seat& seat) {
  std::vector<std::vector<std::string>> rows;
  for (const FailureGroup& group : facts.groups) {
    if (group.arm >= facts.arms.size() || group.seed >= facts.seeds.size()) continue;
    const uint64_t seed = facts.seeds[group.seed];
    rows.push_back(
        {html_escape(group.message), html_escape(failure_class_name(group.failure)), std::to_string(group.trials),
         html_escape(joined(group.agents)),
         link(trial_path(facts.sweep.id, group.arm, seed), fmt::format("{}, seed {}", facts.arms[group.arm], seed))});
  }
  const bool may_retry = seat.visitor.may(Right::kSubmit) && facts.sweep.status.trials_failed > 0;
  const std::string retry =
      !may_retry
          ? ""
          : "<div class=\"actions\">" + button(sweep_path(facts.sweep.id) + "/retry", "Retry what failed") +
                "</div>\n<p class=\"muted\">Trainings that diverged are findings, and are not tried again.</p>\n";
  return whole_page(
      {.title = "Failures of " + clean_text(facts.sweep.name),
       .tab = "/",
       .events = "",
       .body = fmt::format(
           "<h1>Failures of {}</h1>\n{}{}", link(sweep_path(facts.sweep.id), facts.sweep.name), retry,
           rich_table("By cause, the most frequent first", {"Cause", "Kind", "Trials", "On agents", "An example"}, rows,
                      "Nothing has failed."))},
      seat);
}

}  // namespace evensweep::coordinator

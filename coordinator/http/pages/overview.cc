#include "coordinator/http/pages/overview.h"

#include <fmt/format.h>

#include <algorithm>

#include "coordinator/http/pages/sweep.h"
#include "sweeps/report/escape.h"
#include "sweeps/report/format.h"

namespace evensweep::coordinator {
namespace {

uint64_t ended(const SweepStatus& status) {
  return status.trials_finished + status.trials_failed + status.trials_not_needed;
}

// What somebody should look at, most pressing first.
std::vector<std::string> alerts(const OverviewFacts& facts) {
  std::vector<std::string> lines;
  const bool any_active = std::ranges::any_of(facts.sweeps, [](const ListedSweep& listed) {
    return !listed.view.status.over && listed.view.status.phase == SweepPhase::kActive;
  });
  if (any_active && live_slots(facts.agents) == 0)
    lines.push_back("Nothing trains: no agent is connected that takes work. Start one with " +
                    std::string("<code>evensweep agent --coordinator ADDRESS</code>."));
  for (const AgentView& agent : facts.agents) {
    const std::string name = link("/agents", agent.id.str());
    if (!agent.connected) lines.push_back("Agent " + name + " is not connected.");
    if (!agent.quarantined.empty())
      lines.push_back("Agent " + name + " is in quarantine: " + html_escape(agent.quarantined) + ".");
  }
  for (const ListedSweep& listed : facts.sweeps)
    if (!listed.view.status.over && listed.view.status.trials_failed > 0)
      lines.push_back(fmt::format("{} of {} failed.",
                                  counted(static_cast<int64_t>(listed.view.status.trials_failed), "trial"),
                                  link(sweep_path(listed.view.id) + "/failures", listed.view.name)));
  return lines;
}

std::string alerts_box(const std::vector<std::string>& lines) {
  if (lines.empty()) return {};
  std::string items;
  for (const std::string& line : lines) items += "<li>" + line + "</li>";
  return "<ul class=\"warn alerts\" aria-label=\"Alerts\">" + items + "</ul>\n";
}

std::vector<std::string> sweep_row(const ListedSweep& listed, uint32_t slots, int64_t now) {
  const SweepStatus& status = listed.view.status;
  const std::string path = sweep_path(listed.view.id);
  std::vector<std::string> row = {
      link(path, listed.view.name), phase_name(status.phase), progress_bar(ended(status), status.trials),
      std::to_string(status.trials),
      status.trials_failed == 0 ? "0" : link(path + "/failures", std::to_string(status.trials_failed))};
  if (!status.over) {
    const SweepFigures figures = listed.figures.value_or(SweepFigures{});
    row.push_back(std::to_string(status.running));
    row.push_back(time_left_text(time_left(status, figures.latest_seconds, slots)));
    row.push_back(listed.figures ? duration_text(figures.seconds) : "");
  }
  row.push_back(time_ago(listed.view.submitted_at, now));
  return row;
}

std::string sweeps_table(const OverviewFacts& facts, bool over, const Seat& seat) {
  std::vector<std::vector<std::string>> rows;
  for (const ListedSweep& listed : facts.sweeps)
    if (listed.view.status.over == over) rows.push_back(sweep_row(listed, live_slots(facts.agents), seat.unix_millis));
  if (over)
    return rich_table("Sweeps that are over, newest first",
                      {"Sweep", "Phase", "Progress", "Trials", "Failed", "Submitted"}, rows, "No sweep is over yet.");
  return rich_table(
      "Sweeps under way, newest first",
      {"Sweep", "Phase", "Progress", "Trials", "Failed", "Running", "Time left", "Trained for", "Submitted"}, rows,
      "No sweep is under way. Submit one: evensweep submit my.yaml");
}

}  // namespace

std::string overview_title(const OverviewFacts& facts) {
  uint64_t done = 0, all = 0;
  for (const ListedSweep& listed : facts.sweeps)
    if (!listed.view.status.over) done += ended(listed.view.status), all += listed.view.status.trials;
  return all == 0 ? "Sweeps" : percent_text(done, all) + " of what is under way";
}

std::string overview_parts(const OverviewFacts& facts, const Seat& seat) {
  uint32_t training = 0, connected = 0;
  for (const AgentView& agent : facts.agents) training += agent.running, connected += agent.connected ? 1 : 0;
  return live("alerts", alerts_box(alerts(facts))) +
         live("now", facts_list({{"Agents connected", link("/agents", std::to_string(connected))},
                                 {"Slots", std::to_string(live_slots(facts.agents))},
                                 {"Training now", std::to_string(training)}})) +
         live("active", sweeps_table(facts, false, seat)) + live("over", sweeps_table(facts, true, seat));
}

std::string overview_page(const OverviewFacts& facts, const Seat& seat) {
  const std::string more = facts.more ? "<p class=\"muted\">Older ones: <code>evensweep ls --all</code></p>\n" : "";
  return whole_page({.title = overview_title(facts),
                     .tab = "/",
                     .events = "/live",
                     .body = "<h1>Sweeps</h1>\n" + overview_parts(facts, seat) + more},
                    seat);
}

// ---- agents

namespace {

std::string device_words(const DeviceView& view) {
  const AgentDevice& device = view.device;
  std::string words = html_escape(device.kind + (device.kind == "cuda" ? " " + std::to_string(device.index) : ""));
  if (!device.name.empty()) words += " " + html_escape(device.name);
  words += fmt::format(", {}", counted(device.slots, "slot"));
  if (device.memory_bytes > 0)
    words += view.memory_used > 0
                 ? fmt::format(", {} of {}", bytes_text(view.memory_used), bytes_text(device.memory_bytes))
                 : ", " + bytes_text(device.memory_bytes);
  if (view.temperature) words += fmt::format(", {:.0f} °C", *view.temperature);
  if (view.utilisation) words += fmt::format(", {:.0f} % busy", 100 * *view.utilisation);
  return words;
}

std::string agent_state(const AgentView& agent) {
  if (!agent.connected) return "not connected";
  if (!agent.quarantined.empty()) return "in quarantine: " + html_escape(agent.quarantined);
  return agent.draining ? "draining: takes nothing new" : "connected";
}

std::string lease_words(const LeaseView& lease) {
  const TrialView& trial = lease.trial;
  const std::string name =
      link(trial_path(trial.sweep, trial.arm, trial.seed), fmt::format("{}, seed {}", trial.arm_name, trial.seed));
  if (trial.state != TrialState::kRunning) return name + " (next)";
  return fmt::format(R"({} <progress value="{:.3f}" max="1" aria-label="progress"></progress> {:.0f} %)", name,
                     trial.progress, 100 * trial.progress);
}

std::string agent_action(const AgentView& agent, const Seat& seat) {
  if (!seat.visitor.may(Right::kAdmin)) return "";
  const std::string path = "/agents/" + percent_encoded(agent.id.str());
  if (agent.draining || !agent.quarantined.empty()) return button(path + "/release", "Release");
  return button(path + "/drain", "Drain");
}

}  // namespace

std::string agents_parts(const AgentsFacts& facts, const Seat& seat) {
  std::vector<std::vector<std::string>> rows;
  for (const AgentView& agent : facts.agents) {
    std::string devices, work;
    for (const DeviceView& device : agent.devices) devices += "<div>" + device_words(device) + "</div>";
    for (const TrialState state : {TrialState::kRunning, TrialState::kLeased})
      for (const LeaseView& lease : facts.leases)
        if (lease.agent == agent.id && lease.trial.state == state)
          work += "<div class=\"one\">" + lease_words(lease) + "</div>";
    rows.push_back({html_escape(agent.id.str()), html_escape(agent.host), agent_state(agent), devices,
                    work.empty() ? "nothing" : work, time_ago(agent.last_heard, seat.unix_millis),
                    agent_action(agent, seat)});
  }
  return live("agents",
              rich_table("Machines that train", {"Agent", "Host", "State", "Devices", "Works on", "Last heard", ""},
                         rows, "No agent is known. Start one: evensweep agent --coordinator ADDRESS"));
}

std::string agents_page(const AgentsFacts& facts, const Seat& seat) {
  return whole_page({.title = fmt::format("{} agents", facts.agents.size()),
                     .tab = "/agents",
                     .events = "/agents/live",
                     .body = "<h1>Agents</h1>\n<p>A drained agent ends what it has and takes nothing new.</p>\n" +
                             agents_parts(facts, seat)},
                    seat);
}

// ---- what waits

std::string queue_parts(const std::vector<QueuedSweep>& queue, const Seat&) {
  std::string body;
  for (const QueuedSweep& queued : queue) {
    std::vector<std::vector<std::string>> rows;
    for (const TrialView& trial : queued.next)
      rows.push_back({link(trial_path(trial.sweep, trial.arm, trial.seed), trial.arm_name), std::to_string(trial.seed),
                      state_cell(trial.state)});
    std::string lines;
    for (const std::string& line : queued.lines) lines += "<li>" + html_escape(line) + "</li>";
    body += fmt::format("<h2>{}</h2>\n<p>Priority {}, {} ready.</p><p>Why its first one waits:</p><ul>{}</ul>\n{}",
                        link(sweep_path(queued.sweep.id), queued.sweep.name), queued.sweep.priority,
                        counted(static_cast<int64_t>(queued.ready), "run"), lines,
                        rich_table("The next ones", {"Arm", "Seed", "State"}, rows, "Nothing is ready."));
  }
  return live("queue", body.empty() ? "<p class=\"muted\">Nothing waits for an agent.</p>\n" : body);
}

std::string queue_page(const std::vector<QueuedSweep>& queue, const Seat& seat) {
  return whole_page(
      {.title = "Queue",
       .tab = "/queue",
       .events = "/queue/live",
       .body = "<h1>Queue</h1>\n<p>Sweeps in the order of their turns: by priority, then the one with the "
               "fewest runs given out.</p>\n" +
               queue_parts(queue, seat)},
      seat);
}

// ---- audit log, signing in, asking, errors

std::string audit_page(const std::vector<AuditRow>& rows, const Seat& seat) {
  std::vector<std::vector<std::string>> shown;
  for (const AuditRow& row : rows) {
    if (shown.size() == kAuditRows) break;
    shown.push_back({time_ago(row.at, seat.unix_millis), html_escape(row.who), html_escape(row.what),
                     html_escape(row.subject.substr(0, 64)), html_escape(row.outcome)});
  }
  const std::string older =
      rows.size() <= kAuditRows
          ? ""
          : "<p>" + link(fmt::format("/audit?before={}", rows[kAuditRows - 1].number), "Older ones") + "</p>\n";
  return whole_page({.title = "Audit log",
                     .tab = "/audit",
                     .events = "",
                     .body = "<h1>Audit log</h1>\n" +
                             rich_table("Who did what, newest first", {"When", "Who", "What", "To", "Outcome"}, shown,
                                        "Nobody has done anything yet.") +
                             older},
                    seat);
}

std::string login_page(const std::string& to, bool wrong, const Seat& seat) {
  return whole_page(
      {.title = "Sign in",
       .tab = "",
       .events = "",
       .body = fmt::format(
           "<h1>Sign in</h1>\n{}<form method=\"post\" action=\"/login\" class=\"login\"><input type=\"hidden\" "
           "name=\"to\" value=\"{}\"><label for=\"token\">Token</label><input id=\"token\" name=\"token\" "
           "type=\"password\" autocomplete=\"current-password\" required autofocus><button>Sign in</button></form>\n"
           "<p class=\"muted\">Whoever runs the coordinator has it: <code>evensweep certs token</code> makes one. It "
           "is "
           "kept in no cookie.</p>\n",
           wrong ? "<p class=\"warn\" role=\"alert\">This token is not known here, or may not look.</p>\n" : "",
           html_escape(to))},
      seat);
}

std::string confirm_page(const std::string& question, const std::string& consequence, const std::string& path,
                         const std::string& words, const std::string& back, const Seat& seat) {
  return whole_page(
      {.title = question,
       .tab = "",
       .events = "",
       .body = fmt::format("<h1>{}</h1>\n<p>{}</p>\n<div class=\"actions\">{}{}</div>\n", html_escape(question),
                           html_escape(consequence), button(path, words, "danger"), link(back, "No, go back"))},
      seat);
}

std::string error_page(int status, const std::string& message, const std::string& id) {
  return whole_page({.title = fmt::format("Error {}", status),
                     .tab = "",
                     .events = "",
                     .body = fmt::format("<h1>{}</h1>\n<p class=\"warn\" role=\"alert\">{}</p>\n"
                                         "<p class=\"muted\">In the coordinator's log: {}</p>\n<p>{}</p>\n",
                                         status == 404 ? "Not found" : "That did not work", html_escape(message),
                                         html_escape(id), link("/", "All sweeps"))},
                    {});
}

}  // namespace evensweep::coordinator

#include "coordinator/http/pages/frame.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "sweeps/report/escape.h"
#include "sweeps/report/format.h"

namespace evensweep::coordinator {
namespace {

constexpr std::array<std::pair<const char*, const char*>, 4> kTabs = {
    {{"/", "Sweeps"}, {"/queue", "Queue"}, {"/agents", "Agents"}, {"/audit", "Audit log"}}};

std::string tabs(std::string_view current) {
  std::string items;
  for (const auto& [path, words] : kTabs)
    items +=
        fmt::format(R"(<li><a href="{}"{}>{}</a></li>)", path, current == path ? R"( aria-current="page")" : "", words);
  return fmt::format(R"(<nav aria-label="Main"><ul>{}</ul></nav>)", items);
}

std::string seat_words(const Seat& seat) {
  if (seat.visitor.name.empty()) return {};
  const std::string out =
      seat.can_sign_out ? R"(<form method="post" action="/logout"><button class="plain">Sign out</button></form>)" : "";
  return fmt::format(R"(<div class="seat"><span>{}</span>{}</div>)", html_escape(seat.visitor.name), out);
}

}  // namespace

std::string whole_page(const Frame& frame, const Seat& seat) {
  const std::string events = frame.events.empty() ? "" : fmt::format(R"( data-events="{}")", html_escape(frame.events));
  return fmt::format(
      R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>{} · Evensweep</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/assets/dashboard.css">
<script src="/assets/dashboard.js" defer></script></head>
<body{}><a class="skip" href="#main">Skip to the content</a>
<header class="top"><a class="brand" href="/">Evensweep</a>{}{}</header>
<main id="main" tabindex="-1">
{}</main>
<p id="news" class="unseen" role="status" aria-live="polite"></p>
<footer class="foot"><span id="link-state"></span></footer></body></html>
)",
      html_escape(frame.title), events, tabs(frame.tab), seat_words(seat), frame.body);
}

std::string live(std::string_view name, std::string_view body) {
  return fmt::format("<div data-live=\"{}\">\n{}</div>\n", name, body);
}

std::string live_event(std::string_view title, std::string_view parts) {
  return fmt::format("<title>{} · Evensweep</title>{}", html_escape(title), parts);
}

std::string link(std::string_view path, std::string_view text) {
  return fmt::format(R"(<a href="{}">{}</a>)", html_escape(path), html_escape(text));
}

std::string sweep_path(const SweepId& sweep) { return "/sweeps/" + percent_encoded(sweep.str()); }

std::string trial_path(const SweepId& sweep, uint32_t arm, uint64_t seed) {
  return fmt::format("/trials/{}/{}/{}", percent_encoded(sweep.brief()), arm, seed);
}

std::string button(std::string_view path, std::string_view words, std::string_view style) {
  return fmt::format(R"(<form method="post" action="{}"><button class="{}">{}</button></form>)", html_escape(path),
                     style, html_escape(words));
}

std::string asking_button(std::string_view path, std::string_view words) {
  return fmt::format(R"(<a class="button danger" href="{}">{}…</a>)", html_escape(path), html_escape(words));
}

std::string age_text(int64_t millis) {
  const int64_t seconds = std::abs(millis) / 1000;
  const std::string amount = seconds < 100       ? fmt::format("{} s", seconds)
                             : seconds < 6'000   ? fmt::format("{} min", seconds / 60)
                             : seconds < 172'800 ? fmt::format("{} h", seconds / 3600)
                                                 : fmt::format("{} days", seconds / 86'400);
  return millis < 0 ? "in " + amount : amount + " ago";
}

// Scripts keep the age up to date, so that it alone makes nothing new.
std::string time_ago(int64_t at, int64_t now) {
  const std::string text = time_text(at);
  return fmt::format(R"(<time datetime="{0}">{0}</time> <span class="age muted" data-at="{1}">{2}</span>)", text, at,
                     now == 0 ? "" : age_text(now - at));
}

std::string duration_text(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return kNoNumber;
  if (seconds == 0) return "0 s";
  if (seconds < 1) return "under a second";
  if (seconds < 100) return fmt::format("{:.0f} s", seconds);
  const auto minutes = static_cast<int64_t>(std::min(seconds, 1e12) / 60 + 0.5);
  if (minutes < 100) return fmt::format("{} min", minutes);
  if (minutes < 48 * 60) return fmt::format("{} h {} min", minutes / 60, minutes % 60);
  return fmt::format("{} days {} h", minutes / 1440, minutes % 1440 / 60);
}

std::string bytes_text(uint64_t bytes) {
  const double gib = static_cast<double>(bytes) / (1 << 30);
  return gib >= 1 ? fmt::format("{:.1f} GiB", gib) : fmt::format("{:.0f} MiB", gib * 1024);
}

std::string percent_text(uint64_t done, uint64_t all) {
  return all == 0 ? "0 %" : fmt::format("{} %", done == all ? 100 : std::min<uint64_t>(99, done * 100 / all));
}

std::string progress_bar(uint64_t done, uint64_t all) {
  return fmt::format(R"(<progress value="{0}" max="{1}" aria-label="{0} of {1} trials have ended"></progress> {2})",
                     done, std::max<uint64_t>(1, all), percent_text(done, all));
}

const char* state_words(TrialState state) {
  switch (state) {
    case TrialState::kUnresolved: return "not expanded yet";
    case TrialState::kWaitingForBaseline: return "waits for another run";
    case TrialState::kReady: return "ready";
    case TrialState::kLeased: return "given to an agent";
    case TrialState::kRunning: return "running";
    case TrialState::kFinished: return "finished";
    case TrialState::kFailed: return "failed";
    case TrialState::kNotNeeded: return "not needed";
    case TrialState::kCancelled: return "cancelled";
  }
  return "";
}

std::string state_mark(TrialState state) {
  return fmt::format(R"(<i class="mark {}" aria-hidden="true"></i>)", trial_state_name(state));
}

std::string state_cell(TrialState state) {
  return fmt::format(R"(<span class="state">{} {}</span>)", state_mark(state), state_words(state));
}

std::string rich_table(std::string_view caption, const std::vector<std::string>& header,
                       const std::vector<std::vector<std::string>>& body_rows, std::string_view nothing) {
  if (body_rows.empty()) return fmt::format("<p class=\"muted\">{}</p>\n", html_escape(nothing));
  std::string rows;
  for (const std::vector<std::string>& row : body_rows) {
    rows += "<tr>";
    for (size_t i = 0; i < row.size(); ++i)
      rows += i == 0 ? R"(<th scope="row">)" + row[i] + "</th>" : "<td>" + row[i] + "</td>";
    rows += "</tr>\n";
  }
  std::string head;
  for (const std::string& cell : header) head += R"(<th scope="col">)" + html_escape(cell) + "</th>";
  return fmt::format(R"(<div class="wide" role="region" tabindex="0" aria-label="Table: {0}"><table class="wordy">)"
                     "<caption>{0}</caption><thead><tr>{1}</tr></thead><tbody>\n{2}</tbody></table></div>\n",
                     html_escape(caption), head, rows);
}

std::string section(std::string_view id, std::string_view title, std::string_view body) {
  return fmt::format("<section aria-labelledby=\"{0}\"><h2 id=\"{0}\">{1}</h2>\n{2}</section>\n", id,
                     html_escape(title), body);
}

std::string facts_list(const std::vector<std::pair<std::string, std::string>>& body) {
  std::string items;
  for (const auto& [term, fact] : body) items += "<div><dt>" + term + "</dt><dd>" + fact + "</dd></div>";
  return "<dl class=\"facts\">" + items + "</dl>\n";
}

}  // namespace evensweep::coordinator

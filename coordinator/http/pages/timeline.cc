// When each agent trained what: a row for each training at a time.

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "coordinator/http/pages/sweep.h"
#include "sweeps/report/escape.h"
#include "sweeps/report/format.h"
#include "sweeps/report/html_parts.h"
#include "sweeps/report/svg.h"

namespace evensweep::coordinator {
namespace {

constexpr double kWidth = 1000, kLabels = 160, kTop = 8, kRow = 16, kAxis = 34;
constexpr size_t kMostRows = 200;

struct Bar {
  const PastAttempt* attempt;
  int64_t end = 0;
};
struct Lane {
  std::string agent;
  std::vector<Bar> bars;
};

// Attempts that overlap are drawn in rows of their own: as many rows for an agent as it had attempts at a time.
std::vector<Lane> lanes_of(const std::vector<PastAttempt>& attempts, int64_t now) {
  std::map<std::string, std::vector<Lane>> of_agent;
  for (const PastAttempt& attempt : attempts) {
    const int64_t end = std::max(attempt.ended_at.value_or(now), attempt.granted_at);
    std::vector<Lane>& lanes = of_agent[attempt.agent];
    auto free =
        std::ranges::find_if(lanes, [&](const Lane& lane) { return lane.bars.back().end <= attempt.granted_at; });
    if (free == lanes.end()) free = lanes.insert(lanes.end(), Lane{.agent = attempt.agent, .bars = {}});
    free->bars.push_back({.attempt = &attempt, .end = end});
  }
  std::vector<Lane> all;
  for (auto& [agent, lanes] : of_agent)
    for (Lane& lane : lanes)
      if (all.size() < kMostRows) all.push_back(std::move(lane));
  return all;
}

const char* style_of(const PastAttempt& attempt) {
  if (!attempt.ended_at) return "bar now";
  return attempt.failure ? "bar lost" : "bar done";
}

std::string drawing(const std::vector<Lane>& lanes, int64_t from, int64_t to) {
  const double bottom = kTop + kRow * static_cast<double>(lanes.size());
  Svg svg(
      kWidth, bottom + kAxis, "timeline", "Timeline",
      "A row for each training at a time of each agent, a bar for each attempt, from when it was given to the agent "
      "to its end. The table below says the same.");
  const double seconds = static_cast<double>(to - from) / 1000;
  const Scale x{.low = 0, .high = seconds, .from = kLabels, .to = kWidth - 10};
  for (size_t i = 0; i < lanes.size(); ++i) {
    const double top = kTop + kRow * static_cast<double>(i);
    if (i == 0 || lanes[i].agent != lanes[i - 1].agent)
      svg.text(kLabels - 8, top + 12, shortened(lanes[i].agent, 22), "t e");
    for (const Bar& bar : lanes[i].bars) {
      const double left = x(static_cast<double>(bar.attempt->granted_at - from) / 1000);
      svg.rect(left, top + 2, std::max(1.5, x(static_cast<double>(bar.end - from) / 1000) - left - 0.5), kRow - 4,
               style_of(*bar.attempt));
    }
  }
  svg.line(kLabels, bottom, kWidth - 10, bottom, "a");
  const auto [unit, length] = seconds < 120      ? std::pair("s", 1.0)
                              : seconds < 7200   ? std::pair("min", 60.0)
                              : seconds < 172800 ? std::pair("h", 3600.0)
                                                 : std::pair("days", 86400.0);
  const std::vector<double> ticks = nice_ticks(0, seconds / length, 8);
  const std::vector<std::string> labels = tick_labels(ticks);
  for (size_t i = 0; i < ticks.size(); ++i) {
    const double at = x(ticks[i] * length);
    svg.line(at, bottom, at, bottom + 4, "a");
    svg.text(at, bottom + 18, labels[i] + " " + unit, "sm c");
  }
  return svg.str();
}

}  // namespace

std::string timeline_page(const TimelineFacts& facts, const Seat& seat) {
  std::string body = fmt::format("<h1>Timeline of {}</h1>\n", link(sweep_path(facts.sweep.id), facts.sweep.name));
  if (facts.attempts.empty()) {
    body += "<p class=\"muted\">Nothing has been given to an agent yet.</p>\n";
  } else {
    const int64_t from = facts.attempts.front().granted_at;
    int64_t to = from + 1;
    for (const PastAttempt& attempt : facts.attempts) to = std::max(to, attempt.ended_at.value_or(seat.unix_millis));
    body += fmt::format("<p>The latest {}, from {}.</p>\n",
                        counted(static_cast<int64_t>(facts.attempts.size()), "attempt"), time_text(from));
    body +=
        "<ul class=\"legend\"><li><i class=\"swatch done\"></i> succeeded</li><li><i class=\"swatch lost\"></i> "
        "failed or given back</li><li><i class=\"swatch now\"></i> under way</li></ul>\n";
    body += html_wide_figure(
        drawing(lanes_of(facts.attempts, seat.unix_millis), from, to),
        "Time since the first of them was given to its agent. An agent is given one more for each slot ahead of "
        "time: a bar begins with that, and not with the training");
  }
  std::vector<std::vector<std::string>> rows;
  for (auto attempt = facts.attempts.rbegin(); attempt != facts.attempts.rend(); ++attempt) {
    if (attempt->arm >= facts.arms.size() || attempt->seed >= facts.seeds.size()) continue;
    const uint64_t seed = facts.seeds[attempt->seed];
    rows.push_back({html_escape(attempt->agent), time_text(attempt->granted_at),
                    attempt->ended_at
                        ? duration_text(static_cast<double>(*attempt->ended_at - attempt->granted_at) / 1000)
                        : "under way",
                    attempt->failure ? html_escape(failure_class_name(*attempt->failure)) : "",
                    link(trial_path(facts.sweep.id, attempt->arm, seed),
                         fmt::format("{}, seed {}", facts.arms[attempt->arm], seed))});
  }
  body += html_details("The same as a table", rich_table("Latest first", {"Agent", "Given", "Took", "Failure", "Trial"},
                                                         rows, "Nothing yet."));
  return whole_page(
      {.title = "Timeline of " + clean_text(facts.sweep.name), .tab = "/", .events = "", .body = std::move(body)},
      seat);
}

}  // namespace evensweep::coordinator

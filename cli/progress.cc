#include "cli/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <utility>
#include <vector>

#include "common/model/views.h"

namespace evensweep {
namespace {

constexpr Duration kRedraw{100};
constexpr Duration kPlainLine{5000};
constexpr int kNarrow = 50;  // terminals with fewer columns have no room for a bar
constexpr size_t kPlainWidth = 160;
constexpr Duration kLongestTimeLeft = std::chrono::hours(1000);

std::string rate_text(double per_second) {
  if (per_second >= 1e6) return fmt::format("{:.1f}M", per_second / 1e6);
  if (per_second >= 1e3) return fmt::format("{:.1f}k", per_second / 1e3);
  return fmt::format("{:.1f}", per_second);
}

std::string bar(double fraction, int cells) {
  const int full = std::clamp(static_cast<int>(fraction * cells), 0, cells);
  std::string text(static_cast<size_t>(full), '=');
  if (full < cells) text += '>';
  text.resize(static_cast<size_t>(cells), ' ');
  return "[" + text + "]";
}

// A terminal that has gone is no reason to stop.
void draw(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stderr); }

}  // namespace

double done_of(const SweepStatus& status) {
  return static_cast<double>(status.trials_finished + status.trials_failed) + status.running_fraction;
}

std::optional<Duration> time_left(const SweepStatus& status, const ProgressStart& start, TimePoint now) {
  const double done = done_of(status) - start.done;
  const double left = static_cast<double>(status.trials - status.trials_not_needed) - done_of(status);
  if (done <= 0) return std::nullopt;
  const auto elapsed = static_cast<double>((now - start.at).count());
  const double millis = elapsed * std::max(0.0, left) / done;
  if (millis > static_cast<double>(kLongestTimeLeft.count())) return std::nullopt;
  return Duration(static_cast<int64_t>(millis));
}

std::string clock_text(Duration duration) {
  const int64_t seconds = std::max<int64_t>(0, duration.count() / 1000);
  if (seconds < 3600) return fmt::format("{}:{:02}", seconds / 60, seconds % 60);
  return fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

std::string progress_text(const SweepStatus& status, const ProgressStart& start, TimePoint now, size_t width) {
  const double seconds = static_cast<double>((now - start.at).count()) / 1000;
  const double rate = seconds > 0 ? (done_of(status) - start.done) / seconds : 0;
  const std::optional<Duration> left = time_left(status, start, now);
  struct Part {
    std::string text;
    int rank;  // the higher, the sooner it is left out
  };
  std::vector<Part> parts{
      {fmt::format("{}/{} trials", status.trials_finished, status.trials - status.trials_not_needed), 0}};
  if (status.phase == SweepPhase::kPaused || status.phase == SweepPhase::kStopping)
    parts.push_back({phase_name(status.phase), 1});
  if (status.trials_failed > 0) parts.push_back({fmt::format("{} failed", status.trials_failed), 1});
  if (status.trials_not_needed > 0) parts.push_back({fmt::format("{} not needed", status.trials_not_needed), 2});
  parts.push_back({fmt::format("{} running", status.running), 3});
  if (rate > 0) parts.push_back({rate_text(rate * 60) + " trials/min", 5});
  if (status.examples_per_second > 0) parts.push_back({rate_text(status.examples_per_second) + " examples/s", 4});
  if (left) parts.push_back({clock_text(*left) + " left", 2});
  const auto joined = [&parts] {
    std::string text;
    for (const Part& part : parts) text += (text.empty() ? "" : "  ") + part.text;
    return text;
  };
  while (parts.size() > 1 && joined().size() > width) parts.erase(std::ranges::max_element(parts, {}, &Part::rank));
  return joined().substr(0, width);
}

std::string progress_line(const SweepStatus& status, const ProgressStart& start, TimePoint now, int width) {
  // The last column stays free: some terminals break the line there. The bar's length depends on the terminal alone, so
  // that it does not jump as figures come and go.
  const size_t room = static_cast<size_t>(std::max(2, width)) - 1;
  const int cells = width < kNarrow ? 0 : std::min(30, width / 6);
  if (cells == 0) return progress_text(status, start, now, room);
  const double fraction =
      done_of(status) / static_cast<double>(std::max<uint64_t>(1, status.trials - status.trials_not_needed));
  const std::string drawn = bar(fraction, cells) + " ";
  return drawn + progress_text(status, start, now, room - drawn.size());
}

void ProgressDisplay::show(const SweepStatus& status, TimePoint now) {
  if (quiet_) return;
  if (!start_) start_ = {.at = now, .done = done_of(status)};
  if (last_ && now - *last_ < (terminal_.moves ? kRedraw : kPlainLine)) return;
  last_ = now;
  if (!terminal_.moves) {
    if (!status.over) say(progress_text(status, *start_, now, kPlainWidth));
    return;
  }
  draw("\r\x1b[K" + progress_line(status, *start_, now, terminal_.width));
  drawn_ = true;
}

void ProgressDisplay::end() {
  if (!std::exchange(drawn_, false)) return;
  draw("\r\x1b[K");
}

}  // namespace evensweep

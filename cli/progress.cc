#include "cli/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace evensweep {
namespace {

constexpr Duration kRedraw{100};
constexpr Duration kPlainLine{5000};
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

}  // namespace

double done_of(const SweepStatus& status) {
  return static_cast<double>(status.trials_finished + status.trials_failed) + status.running_fraction;
}

std::optional<Duration> time_left(const SweepStatus& status, const ProgressStart& start, TimePoint now) {
  const double done = done_of(status) - start.done;
  const double left = static_cast<double>(status.trials) - done_of(status);
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

std::string progress_text(const SweepStatus& status, const ProgressStart& start, TimePoint now) {
  std::string text = fmt::format("{}/{} trials", status.trials_finished, status.trials);
  if (status.trials_failed > 0) text += fmt::format("  {} failed", status.trials_failed);
  text += fmt::format("  {} running", status.running);
  const double seconds = static_cast<double>((now - start.at).count()) / 1000;
  const double rate = seconds > 0 ? (done_of(status) - start.done) / seconds : 0;
  if (rate > 0) text += fmt::format("  {} trials/min", rate_text(rate * 60));
  if (status.examples_per_second > 0) text += fmt::format("  {} examples/s", rate_text(status.examples_per_second));
  if (const std::optional<Duration> left = time_left(status, start, now)) text += "  " + clock_text(*left) + " left";
  return text;
}

std::string progress_line(const SweepStatus& status, const ProgressStart& start, TimePoint now, int width) {
  std::string text = progress_text(status, start, now);
  const int cells = std::min(30, width - static_cast<int>(text.size()) - 4);
  if (cells >= 5)
    text = bar(done_of(status) / static_cast<double>(std::max<uint64_t>(1, status.trials)), cells) + " " + text;
  return text.substr(0, static_cast<size_t>(std::max(1, width - 1)));
}

void ProgressDisplay::show(const SweepStatus& status, TimePoint now) {
  if (quiet_) return;
  if (!start_) start_ = {.at = now, .done = done_of(status)};
  if (last_ && now - *last_ < (terminal_.moves ? kRedraw : kPlainLine)) return;
  last_ = now;
  if (!terminal_.moves) {
    if (!status.over) say(progress_text(status, *start_, now));
    return;
  }
  fmt::print(stderr, "\r\x1b[K{}", progress_line(status, *start_, now, terminal_.width));
  std::fflush(stderr);
  drawn_ = true;
}

void ProgressDisplay::end() {
  if (!std::exchange(drawn_, false)) return;
  fmt::print(stderr, "\r\x1b[K");
  std::fflush(stderr);
}

}  // namespace evensweep

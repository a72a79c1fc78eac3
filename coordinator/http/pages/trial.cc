// The page of one trial.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "coordinator/http/pages/sweep.h"
#include "sweeps/report/axes.h"
#include "sweeps/report/escape.h"
#include "sweeps/report/format.h"
#include "sweeps/report/html_parts.h"
#include "sweeps/report/svg.h"
#include "sweeps/stats/metrics.h"

namespace evensweep::coordinator {
namespace {

constexpr double kWidth = 480, kHeight = 290, kLeft = 50, kRight = 464, kTop = 12, kBottom = 240;
constexpr double kSide = 268;
constexpr size_t kNameCharacters = 12;
constexpr size_t kMostClasses = 30;  // that a matrix is drawn for

// ---- curves

double accuracy(const CurvePoint& point) { return point.validation_accuracy * kPp; }
double loss(const CurvePoint& point) { return point.train_loss; }

void widen(Scale& x, Scale& y, const std::vector<CurvePoint>& curve, double (*of)(const CurvePoint&)) {
  for (const CurvePoint& point : curve)
    if (std::isfinite(of(point))) extend(x, static_cast<double>(point.epoch)), extend(y, of(point));
}

void draw_curve(Svg& svg, const Scale& x, const Scale& y, const std::vector<CurvePoint>& curve,
                double (*of)(const CurvePoint&), const char* style) {
  std::string path;
  for (const CurvePoint& point : curve)
    if (std::isfinite(of(point)))
      path += fmt::format("{}{} {}", path.empty() ? "M" : "L", coordinate(x(static_cast<double>(point.epoch))),
                          coordinate(y(of(point))));
  if (!path.empty()) svg.path(path, style);
}

std::string curves(const RunResult& result, const std::optional<RunResult>& baseline, const char* id, const char* title,
                   double (*of)(const CurvePoint&)) {
  if (result.curve.empty()) return {};
  const auto first = static_cast<double>(result.curve.front().epoch);
  Scale x{.low = first, .high = first, .from = kLeft, .to = kRight};
  Scale y{.low = of(result.curve.front()), .high = of(result.curve.front()), .from = kBottom, .to = kTop};
  widen(x, y, result.curve, of);
  if (baseline) widen(x, y, baseline->curve, of);
  y = widened(y, 0.04);
  Svg svg(kWidth, kHeight, id, title, "Over the epochs, for this run and for the baseline of its seed.");
  draw_rows(svg, y, kLeft, kRight);
  for (const double tick : nice_ticks(x.low, x.high, 6))
    if (tick == std::floor(tick)) svg.text(x(tick), kBottom + 16, fixed(tick, 0), "t c");
  svg.line(kLeft, kBottom, kRight, kBottom, "a");
  svg.text((kLeft + kRight) / 2, kBottom + 32, "epoch", "m c");
  if (baseline) draw_curve(svg, x, y, baseline->curve, of, "l lb d2");
  draw_curve(svg, x, y, result.curve, of, "l c0");
  svg.line(kLeft, kHeight - 6, kLeft + 28, kHeight - 6, "l c0");
  svg.text(kLeft + 34, kHeight - 2, "this run", "t");
  if (baseline) {
    svg.line(kLeft + 120, kHeight - 6, kLeft + 148, kHeight - 6, "l lb d2");
    svg.text(kLeft + 154, kHeight - 2, "baseline", "t");
  }
  return html_figure(svg.str(), title);
}

// ---- confusions

std::string confusion(const ConfusionMatrix& matrix, const std::vector<std::string>& classes, const char* id,
                      const std::string& title) {
  const auto count = static_cast<size_t>(std::max<int64_t>(0, matrix.classes));
  if (count == 0 || count > kMostClasses || matrix.counts.size() != count * count) return {};
  const double cell = kSide / static_cast<double>(count);
  size_t longest = 2;
  for (const std::string& name : classes) longest = std::max(longest, std::min(display_width(name), kNameCharacters));
  const double margin = 12 + 6.5 * static_cast<double>(longest);
  Svg svg(margin + kSide + 4, margin + kSide + 4, id, title,
          "Rows are true classes, columns predicted ones, in % of the row.");
  for (size_t row = 0; row < count; ++row) {
    const auto begin = matrix.counts.begin() + static_cast<ptrdiff_t>(row * count);
    int64_t sum = 0;
    for (auto at = begin; at != begin + static_cast<ptrdiff_t>(count); ++at) sum += *at;
    const std::string name = row < classes.size() ? shortened(classes[row], kNameCharacters) : std::to_string(row);
    const double top = margin + cell * static_cast<double>(row);
    svg.text(margin - 6, top + cell / 2 + 4, name, "sm e");
    svg.rising_text(top + cell / 2 + 4, margin - 6, name, "sm");
    for (size_t column = 0; column < count && sum > 0; ++column) {
      const double rate = static_cast<double>(begin[static_cast<ptrdiff_t>(column)]) / static_cast<double>(sum);
      const auto level = static_cast<int>(std::lround(std::sqrt(std::clamp(rate, 0.0, 1.0)) * 10));
      if (level == 0) continue;
      const double left = margin + cell * static_cast<double>(column);
      svg.rect(left, top, cell, cell, fmt::format("s{}", level));
      if (count <= 12)
        svg.text(left + cell / 2, top + cell / 2 + 3.5, fixed(rate * kPp, 0), fmt::format("k on{}", level));
    }
  }
  return html_figure(svg.str(), title);
}

// ---- classes

std::string classes_table(const TrialFacts& facts) {
  const StatusOr<ModelMetrics> after = model_metrics(facts.result->test);
  if (!after.ok()) return "<p class=\"muted\">" + html_escape(std::string(after.status().message())) + "</p>\n";
  const bool compared = facts.baseline && facts.trial.arm > 0;
  const StatusOr<ModelMetrics> before =
      compared ? model_metrics(facts.baseline->test) : StatusOr<ModelMetrics>(absl::NotFoundError(""));
  Table table;
  table.header = {"Class", "Test examples", "TPR %"};
  if (before.ok()) table.header.insert(table.header.end() - 1, "Baseline %"), table.header.push_back("Change pp");
  for (size_t i = 0; i < after->tpr.size(); ++i) {
    std::vector<std::string> row = {i < facts.classes.size() ? facts.classes[i] : std::to_string(i),
                                    std::to_string(after->support[i])};
    if (before.ok() && i < before->tpr.size()) row.push_back(fixed(before->tpr[i] * kPp, 1));
    row.push_back(fixed(after->tpr[i] * kPp, 1));
    if (before.ok() && i < before->tpr.size()) row.push_back(signed_fixed((after->tpr[i] - before->tpr[i]) * kPp, 1));
    table.rows.push_back(std::move(row));
  }
  std::string words =
      fmt::format("<p>Accuracy {} %, worst class {} %, variance of the TPRs {} pp²", fixed(after->accuracy * kPp, 1),
                  fixed(after->worst_tpr * kPp, 1), fixed(after->var_unbiased * kPp2, 2));
  if (before.ok())
    words += fmt::format("; D_u {} pp²", signed_fixed((before->var_unbiased - after->var_unbiased) * kPp2, 2));
  return words + ". One seed alone shows little: the report compares all of them.</p>\n" +
         html_table(table, before.ok() ? "True positive rates before and after" : "True positive rates");
}

std::string results(const TrialFacts& facts) {
  if (!facts.result) return {};
  const std::optional<RunResult> baseline = facts.trial.arm > 0 ? facts.baseline : std::nullopt;
  std::string matrices = confusion(facts.result->test, facts.classes, "confusion", "This run");
  if (baseline) matrices = confusion(baseline->test, facts.classes, "confusion-baseline", "Baseline") + matrices;
  return section("curves", "Curves",
                 "<div class=\"grid\">" +
                     curves(*facts.result, baseline, "accuracy", "Validation accuracy in %", accuracy) +
                     curves(*facts.result, baseline, "loss", "Training loss", loss) + "</div>\n") +
         section("classes", "Classes", classes_table(facts)) +
         section("confusion", "Confusions", "<div class=\"three\">" + matrices + "</div>\n");
}

// ---- attempts

std::string attempt_end(const AttemptView& attempt) {
  if (!attempt.ended_at) return "under way";
  if (!attempt.failure) return "succeeded";
  std::string words =
      html_escape(fmt::format("{}: {}", failure_class_name(attempt.failure->failure), attempt.failure->message));
  if (!attempt.failure->stderr_tail.empty())
    words += html_details("Its last lines", html_code(attempt.failure->stderr_tail));
  return words;
}

std::string attempts_table(const TrialFacts& facts, const Seat& seat) {
  std::vector<std::vector<std::string>> rows;
  for (const AttemptView& attempt : facts.attempts)
    rows.push_back(
        {std::to_string(attempt.number), html_escape(attempt.agent.str()), html_escape(attempt.host),
         time_ago(attempt.granted_at, seat.unix_millis),
         attempt.ended_at ? duration_text(static_cast<double>(*attempt.ended_at - attempt.granted_at) / 1000) : "",
         attempt_end(attempt)});
  return rich_table("Oldest first; the time counts from when it was given to the agent",
                    {"Attempt", "Agent", "Host", "Given", "Took", "End"}, rows, "It has not been tried yet.");
}

std::string log_section(const TrialFacts& facts) {
  const std::string trial = trial_reference(facts.trial);
  return section(
      "log", "Log",
      fmt::format("<p class=\"muted\">What its running attempt writes; in a terminal: "
                  "<code>evensweep logs {}</code></p>\n<pre id=\"log-text\" tabindex=\"0\" "
                  "data-log=\"/api/v1/trials/{}/{}/{}/log\"></pre>\n",
                  html_escape(trial), percent_encoded(facts.trial.sweep.brief()), facts.trial.arm, facts.trial.seed));
}

std::string again_section(const TrialFacts& facts) {
  if (facts.trial.run.empty()) return {};
  const std::string sweep = facts.sweep.id.str().substr(0, 12);
  return section("again", "Train it again by hand",
                 html_code(fmt::format("evensweep report {0} --out results/{0}\n"
                                       "evensweep report results/{0} --task {1} > task.json\n"
                                       "evensweep-trainer task.json",
                                       sweep, facts.trial.run.str().substr(0, 12))));
}

}  // namespace

std::string trial_title(const TrialFacts& facts) {
  return fmt::format("{}: {}, seed {}", state_words(facts.trial.state), clean_text(facts.trial.arm_name),
                     facts.trial.seed);
}

std::string trial_parts(const TrialFacts& facts, const Seat& seat) {
  const TrialView& trial = facts.trial;
  std::string state = state_cell(trial.state);
  if (trial.state == TrialState::kRunning)
    state += fmt::format(R"( <progress value="{:.3f}" max="1" aria-label="progress"></progress> {:.0f} %)",
                         trial.progress, 100 * trial.progress);
  const std::string header =
      facts_list({{"State", state},
                  {"Sweep", link(sweep_path(facts.sweep.id), facts.sweep.name)},
                  {"Seed", std::to_string(trial.seed)},
                  {"Run", trial.run.empty() ? "not known yet"
                                            : "<code>" + html_escape(trial.run.str().substr(0, 12)) + "</code>"}});
  return live("trial", header + (trial.state == TrialState::kFinished ? "" : html_list(facts.lines))) +
         section("attempts", "Attempts", live("attempts", attempts_table(facts, seat)));
}

std::string trial_page(const TrialFacts& facts, const Seat& seat) {
  return whole_page(
      {.title = trial_title(facts),
       .tab = "/",
       .events = trial_path(facts.trial.sweep, facts.trial.arm, facts.trial.seed) + "/live",
       .body = "<h1>" + html_escape(facts.trial.arm_name) + fmt::format(", seed {}</h1>\n", facts.trial.seed) +
               trial_parts(facts, seat) + results(facts) + log_section(facts) + again_section(facts)},
      seat);
}

}  // namespace evensweep::coordinator

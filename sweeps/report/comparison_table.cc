#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "sweeps/report/comparison.h"
#include "sweeps/report/escape.h"
#include "sweeps/report/format.h"
#include "sweeps/report/lines.h"
#include "sweeps/report/view.h"

namespace evensweep {
namespace {

constexpr size_t kLeastWidth = 20;
constexpr size_t kGap = 2;
constexpr size_t kValueShown = 60;  // characters of a setting

// The interval of the accuracy is for the narrow form alone, which has the room.
enum Column {
  kArm,
  kEffect,
  kEffectP,
  kEffectAdjusted,
  kSpread,
  kSpreadP,
  kSpreadAdjusted,
  kAccuracy,
  kColumns,
  kAccuracyInterval = kColumns,
  kCells
};
using Cells = std::array<std::string, kCells>;

std::string with_interval(View measure, double factor, int decimals) {
  const std::string range = interval(scaled(measure["ci_low"], factor), scaled(measure["ci_high"], factor), decimals);
  return signed_fixed(scaled(measure["mean"], factor), decimals) + (range == kNoNumber ? "" : " " + range);
}

int decimals_of(View comparison) {
  std::vector<double> values;
  for (const View& arm : comparison["arms"].items())
    for (const char* measure : {"d_unbiased", "var_unbiased"})
      if (const auto mean = scaled(arm[measure]["mean"], kPp2)) values.push_back(*mean);
  return decimals_for(values, 1);
}

Cells cells_of(View arm, int decimals) {
  const View effect = arm["d_unbiased"], spread = arm["var_unbiased"];
  return {clean_text(arm["name"].text()),
          with_interval(effect, kPp2, decimals),
          p_value(effect["sign_flip"]["p_two_sided"].number()),
          p_value(effect["p_holm"].number()),
          with_interval(spread, kPp2, decimals),
          p_value(spread["sign_flip"]["p_two_sided"].number()),
          p_value(spread["p_holm"].number()),
          signed_fixed(scaled(arm["accuracy"]["mean"], kPp), 2),
          with_interval(arm["accuracy"], kPp, 2)};
}

// The header first.
std::vector<Cells> rows_of(View comparison) {
  const double confidence = comparison["confidence"].number().value_or(0.95) * 100;
  std::vector<Cells> rows{{"arm", fmt::format("D_u pp^2 [{:.0f}% CI]", confidence), "p", "adj. p",
                           fmt::format("Var_u pp^2 [{:.0f}% CI]", confidence), "p", "adj. p", "acc. pp", ""}};
  const int decimals = decimals_of(comparison);
  for (const View& arm : comparison["arms"].items()) rows.push_back(cells_of(arm, decimals));
  return rows;
}

// One line for each arm; empty where that is wider than `width`.
std::string lines_of(const std::vector<Cells>& rows, size_t width) {
  std::array<size_t, kColumns> widths{};
  size_t needed = (kColumns - 1) * kGap;
  for (size_t column = 0; column < kColumns; ++column) {
    for (const Cells& row : rows) widths[column] = std::max(widths[column], display_width(row[column]));
    needed += widths[column];
  }
  if (needed > width) return "";
  std::string text;
  for (const Cells& row : rows) {
    std::string line;
    for (size_t column = 0; column < kColumns; ++column) {
      const bool is_words = column == kArm || column == kEffect || column == kSpread;
      line += (column == 0 ? "" : std::string(kGap, ' ')) + padded(row[column], widths[column], !is_words);
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

// Four paragraphs for each arm, for narrow terminals.
std::string records_of(const std::vector<Cells>& rows, size_t width) {
  std::string text;
  const auto add = [&](const std::string& line) { text += wrapped(line, width, "  ", "    "); };
  for (size_t i = 1; i < rows.size(); ++i) {
    const Cells& row = rows[i];
    text += wrapped(row[kArm], width, "", "    ");
    add(fmt::format("D_u {} pp^2, p {}, adj. p {}", row[kEffect], row[kEffectP], row[kEffectAdjusted]));
    add(fmt::format("Var_u {} pp^2, p {}, adj. p {}", row[kSpread], row[kSpreadP], row[kSpreadAdjusted]));
    add(fmt::format("accuracy {} pp", row[kAccuracyInterval]));
  }
  return text;
}

std::string arms_text(View comparison, size_t width) {
  const std::vector<Cells> rows = rows_of(comparison);
  const std::string lines = lines_of(rows, width);
  return lines.empty() ? records_of(rows, width) : lines;
}

std::string side_text(const char* name, View side) {
  return fmt::format("{}: {} ({}), {} and {}", name, side["sweep"].text(), side["file"].text(),
                     counted(side["arms"].integer(), "arm"), counted(side["seeds"].integer(), "seed"));
}

std::string seeds_text(View seeds) {
  std::string text;
  for (const View& seed : seeds.items()) text += (text.empty() ? "" : ", ") + seed.scalar();
  return text;
}

std::string baselines_text(View comparison) {
  const View baseline = comparison["baseline"];
  const size_t same = baseline["identical"].size(), other = baseline["differing"].size();
  if (other == 0)
    return fmt::format("Baselines: identical test counts at {}.", counted(static_cast<int64_t>(same), "seed"));
  const std::string where = same == 0 ? "" : " (" + seeds_text(baseline["differing"]) + ")";
  return fmt::format("Baselines: test counts differ at {} of {} seeds{}; Var_u {} pp^2.", other, same + other, where,
                     with_interval(baseline["var_unbiased"], kPp2, 1));
}

// Seeds with the same reason on one line, in the order of the reasons.
std::vector<std::string> left_out_lines(View left_out) {
  std::vector<std::string> lines;
  for (const View& one : left_out["arms"].items()) lines.push_back(one["arm"].text() + ": " + one["reason"].text());
  std::vector<std::pair<std::string, std::string>> reasons;
  for (const View& one : left_out["seeds"].items()) {
    const std::string reason = one["reason"].text();
    const auto same = std::find_if(reasons.begin(), reasons.end(), [&](const auto& r) { return r.first == reason; });
    if (same == reasons.end())
      reasons.emplace_back(reason, one["seed"].scalar());
    else
      same->second += ", " + one["seed"].scalar();
  }
  for (const auto& [reason, seeds] : reasons) lines.push_back("seed " + seeds + ": " + reason);
  return lines;
}

std::string listed(const std::string& title, const std::vector<std::string>& lines, size_t width) {
  if (lines.empty()) return "";
  std::string text = paragraph(title, width);
  for (const std::string& line : lines) text += wrapped(line, width, "  ", "    ");
  return text;
}

std::vector<std::string> setting_lines(View settings) {
  std::vector<std::string> lines;
  for (const View& one : settings.items())
    lines.push_back(fmt::format("{}: A {}, B {}", one["name"].text(), shortened(one["a"].text(), kValueShown),
                                shortened(one["b"].text(), kValueShown)));
  return lines;
}

}  // namespace

std::string comparison_table(const Json& comparison, TerminalStyle style) {
  const size_t width = std::max(kLeastWidth, static_cast<size_t>(std::max(style.width, 0)));
  const View root(comparison);
  std::string text = paragraph(side_text("A", root["a"]), width) + paragraph(side_text("B", root["b"]), width);
  text += paragraph(fmt::format("Matched: {} and {}. All differences are B less A; sign-flip test, two-sided, "
                                "Holm-adjusted over the matched arms.",
                                counted(root["family"].integer(), "arm"),
                                counted(static_cast<int64_t>(root["seeds"].size()), "seed")),
                    width);
  text += paragraph(baselines_text(root), width);
  text += listed("Settings that differ:", setting_lines(root["settings"]), width);
  text += listed("Left out:", left_out_lines(root["left_out"]), width);
  text += "\n" + arms_text(root, width) + "\n";
  text += listed("To keep in mind:", root["remarks"].texts(), width);
  return text + paragraph(
                    "D_u above 0: the arm evens out more in B than in A. Var_u below 0: its model is the more even one "
                    "in B (1 pp^2 = 0.0001). Intervals are unadjusted.",
                    width);
}

}  // namespace evensweep

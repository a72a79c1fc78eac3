#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sweeps/report/escape.h"
#include "sweeps/report/facts.h"
#include "sweeps/report/format.h"
#include "sweeps/report/index.h"
#include "sweeps/report/lines.h"
#include "sweeps/report/report.h"

namespace evensweep {
namespace {

constexpr size_t kLeastWidth = 20;
constexpr size_t kGap = 2;

enum Column { kArm, kEffect, kP, kAdjusted, kAccuracy, kWorst, kVerdict, kColumns };
using Cells = std::array<std::string, kColumns>;

int decimals_of_effects(const ResultsIndex& index) {
  std::vector<double> values;
  for (const View& arm : index.arms())
    if (const auto mean = scaled(arm["d_unbiased"]["mean"], kPp2)) values.push_back(*mean);
  return decimals_for(values, 1);
}

Cells cells_of(View results, View arm, int decimals) {
  if (arm["identity"].truth()) return {clean_text(arm["name"].text()), "-", "-", "-", "-", "-", short_verdict(arm)};
  const View d = effect_of(results, arm);
  std::string effect = signed_fixed(scaled(d["mean"], kPp2), decimals);
  const std::string range = interval(scaled(d["ci_low"], kPp2), scaled(d["ci_high"], kPp2), decimals);
  if (range != kNoNumber) effect += " " + range;
  return {clean_text(arm["name"].text()) + (arm["primary"].truth() ? " *" : ""),
          effect,
          p_value(arm["sign_flip"]["p_greater"].number()),
          p_value(arm["p_adjusted"].number()),
          signed_fixed(scaled(arm["accuracy_change"]["mean"], kPp), 2),
          signed_fixed(scaled(arm["worst_tpr_change"]["mean"], kPp), 1),
          short_verdict(arm)};
}

Cells header_cells(View results) {
  const double confidence = results["analysis"]["confidence"].number().value_or(0.95);
  return {"arm",    fmt::format("D_u pp^2 [{:.0f}% CI]", confidence * 100), "p", "adj. p", "acc. pp", "worst pp",
          "verdict"};
}

const char* color_of(View arm) {
  const std::string verdict = arm["verdict"].text();
  if (verdict == verdict_name(Verdict::kEffective)) return "\x1b[32m";
  if (verdict == verdict_name(Verdict::kEffectiveAccuracyOpen)) return "\x1b[33m";
  if (verdict == verdict_name(Verdict::kEffectiveAccuracyLost) || verdict == verdict_name(Verdict::kHarmful))
    return "\x1b[31m";
  const bool open = verdict == verdict_name(Verdict::kInconclusive);
  return open || verdict == verdict_name(Verdict::kNoPracticalEffect) ? "" : "\x1b[2m";
}

std::string painted(const std::string& text, const std::string& color, bool is_colored) {
  return is_colored && !color.empty() && !text.empty() ? color + text + "\x1b[0m" : text;
}

class TerminalTable {
 public:
  TerminalTable(const ResultsIndex& index, size_t width, bool is_colored)
      : index_(index), width_(width), is_colored_(is_colored), header_(header_cells(index.root())) {
    const int decimals = decimals_of_effects(index);
    for (const View& arm : index.arms()) rows_.push_back(cells_of(index.root(), arm, decimals));
    for (size_t column = 0; column < kColumns; ++column) {
      widths_[column] = display_width(header_[column]);
      for (const Cells& row : rows_) widths_[column] = std::max(widths_[column], display_width(row[column]));
    }
  }

  std::string str() const {
    if (needed(kColumns) <= width_) return lines(kColumns);
    return needed(kVerdict) <= width_ ? lines(kVerdict) : records();
  }

 private:
  size_t needed(size_t columns) const {
    size_t sum = (columns - 1) * kGap;
    for (size_t column = 0; column < columns; ++column) sum += widths_[column];
    return sum;
  }

  std::string line(const Cells& cells, size_t columns) const {
    std::string text;
    for (size_t column = 0; column < columns; ++column) {
      const bool is_words = column == kArm || column == kVerdict || column == kEffect;
      text += column == 0 ? "" : std::string(kGap, ' ');
      text += column == kVerdict ? cells[column] : padded(cells[column], widths_[column], !is_words);
    }
    return text.substr(0, text.find_last_not_of(' ') + 1);
  }

  // One line for each arm; the verdict on a line of its own where it does not fit.
  std::string lines(size_t columns) const {
    std::string text = painted(line(header_, columns), "\x1b[1m", is_colored_) + "\n";
    for (size_t i = 0; i < rows_.size(); ++i) {
      const std::string color = color_of(index_.arms()[i]);
      text += painted(line(rows_[i], columns), color, is_colored_) + "\n";
      if (columns <= kVerdict)
        text += painted(terminal_text("  " + rows_[i][kVerdict], width_), color, is_colored_) + "\n";
    }
    return text;
  }

  // Two paragraphs for each arm, for narrow terminals.
  std::string records() const {
    std::string text;
    for (size_t i = 0; i < rows_.size(); ++i) {
      const Cells& row = rows_[i];
      text += painted_lines(wrapped(row[kArm] + ": " + row[kVerdict], width_, "", "    "), i);
      if (index_.arms()[i]["identity"].truth()) continue;
      text += wrapped(fmt::format("D_u {} pp^2, p {}, adj. p {}, acc. {} pp, worst {} pp", row[kEffect], row[kP],
                                  row[kAdjusted], row[kAccuracy], row[kWorst]),
                      width_, "  ", "    ");
    }
    return text;
  }

  // A colour must end with its line, for pagers.
  std::string painted_lines(const std::string& lines, size_t row) const {
    std::string text;
    for (size_t at = 0; at < lines.size();) {
      const size_t end = lines.find('\n', at);
      text += painted(lines.substr(at, end - at), color_of(index_.arms()[row]), is_colored_) + "\n";
      at = end + 1;
    }
    return text;
  }

  const ResultsIndex& index_;
  size_t width_;
  bool is_colored_;
  Cells header_;
  std::vector<Cells> rows_;
  std::array<size_t, kColumns> widths_{};
};

}  // namespace

std::string terminal_table(const Json& results, TerminalStyle style) {
  const size_t width = std::max(kLeastWidth, static_cast<size_t>(std::max(style.width, 0)));
  const ResultsIndex index(results);
  const View root = index.root(), done = root["completeness"];
  std::string text = paragraph(report_title(root), width);
  text += paragraph(
      fmt::format("{} of {} blocks complete; {} over {}; alpha {}", done["blocks_complete"].integer(),
                  done["blocks_planned"].integer(), test_words(root["analysis"]),
                  counted(root["analysis"]["family"].integer(), "comparison"), root["analysis"]["alpha"].scalar()),
      width);
  if (const std::string warning = interim_warning(root); !warning.empty()) text += paragraph(warning, width);
  text += "\n" + TerminalTable(index, width, style.color).str() + "\n";
  return text +
         paragraph(
             fmt::format("D_u > 0: the classes are treated more evenly (1 pp^2 = 0.0001). Intervals {}; * primary.",
                         is_simultaneous(root) ? "hold for all arms together" : "are unadjusted"),
             width);
}

}  // namespace evensweep

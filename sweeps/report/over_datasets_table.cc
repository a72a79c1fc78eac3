#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sweeps/report/escape.h"
#include "sweeps/report/format.h"
#include "sweeps/report/lines.h"
#include "sweeps/report/over_datasets.h"
#include "sweeps/report/view.h"

namespace evensweep {
namespace {

constexpr size_t kLeastWidth = 20;

std::optional<double> percent_change(View log_ratio) {
  const auto value = log_ratio.number();
  return value ? std::optional(100 * std::expm1(*value)) : value;
}

// "-26 % [-38, -11], prediction [-50, 9], p 0.004"
std::string meta_text(View meta) {
  if (meta.absent()) return "no meta-analysis";
  return fmt::format("{} % {}, another data set {}, p {}, I2 {} %", signed_fixed(percent_change(meta["mean"]), 1),
                     interval(percent_change(meta["ci_low"]), percent_change(meta["ci_high"]), 1),
                     interval(percent_change(meta["prediction_low"]), percent_change(meta["prediction_high"]), 1),
                     p_value(meta["p_two_sided"].number()), fixed(100 * meta["i2"].number().value_or(0), 0));
}

}  // namespace

std::string over_datasets_table(const Json& over, TerminalStyle style) {
  const size_t width = std::max(kLeastWidth, static_cast<size_t>(std::max(style.width, 0)));
  const View root(over), ranks = root["ranks"];
  std::string text = paragraph(
      fmt::format("{} on {}. Friedman over the arms and the baseline (ranks of Var_u, 1 is the "
                  "most even): p {} (Iman-Davenport), {} (permutation); critical difference "
                  "of two mean ranks {} (Nemenyi).",
                  counted(static_cast<int64_t>(root["arms"].size()), "arm"),
                  counted(static_cast<int64_t>(root["datasets"].size()), "data set"), p_value(ranks["p_f"].number()),
                  p_value(ranks["p_permutation"].number()), fixed(ranks["nemenyi_cd"].number(), 2)),
      width);
  text += wrapped("baseline: mean rank " + fixed(root["baseline_mean_rank"].number(), 2), width, "", "    ");
  for (const View& arm : root["arms"].items()) {
    text += wrapped(fmt::format("{}: mean rank {}, against the baseline adj. p {}; Var_u {}",
                                clean_text(arm["name"].text()), fixed(arm["mean_rank"].number(), 2),
                                p_value(arm["p_control_holm"].number()), meta_text(arm["meta"])),
                    width, "", "    ");
    for (size_t i = 0; i < arm["datasets"].size(); ++i) {
      const View on = arm["datasets"].at(i);
      text += wrapped(fmt::format("{}: Var_u {} %, {}", clean_text(root["datasets"].at(i)["sweep"].text()),
                                  signed_fixed(percent_change(on["log_ratio"]), 1), on["verdict"].text()),
                      width, "  ", "    ");
    }
  }
  for (const View& one : root["left_out"].items())
    text +=
        wrapped(fmt::format("left out: {}, which {}", clean_text(one["arm"].text()), clean_text(one["reason"].text())),
                width, "", "    ");
  for (const std::string& remark : root["remarks"].texts()) text += wrapped("- " + remark, width, "", "  ");
  return text;
}

}  // namespace evensweep

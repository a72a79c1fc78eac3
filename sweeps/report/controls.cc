// The arms that nobody would use, trained to tell what the others owe to chance, to any weights or to more training.

#include <fmt/format.h>

#include "sweeps/report/facts.h"
#include "sweeps/report/format.h"
#include "sweeps/report/surface.h"
#include "sweeps/report/tables.h"

namespace evensweep {
namespace {

std::string meaning_of(const std::string& method) {
  if (method.find("placebo") != method.npos)
    return "the same weights dealt out to classes by chance: what any weighting does";
  if (method == "twin") return "the baseline again with the same seed: what does not repeat itself";
  if (method == "reseed") return "the baseline from another start: what chance alone does";
  if (method == "same_cost") return "the baseline with the epochs of both trainings: what more training does";
  return "a control";
}

// Mean and interval of the arm alone: a control is in no family.
std::string effect_text(View arm, int decimals) {
  const View d = arm["d_unbiased"];
  const std::string range = interval(scaled(d["ci_low"], kPp2), scaled(d["ci_high"], kPp2), decimals);
  return signed_fixed(scaled(d["mean"], kPp2), decimals) + (range == kNoNumber ? "" : " " + range);
}

std::vector<View> controls_of(const ResultsIndex& index) {
  std::vector<View> controls;
  for (const View& arm : index.arms())
    if (arm["control"].truth()) controls.push_back(arm);
  return controls;
}

}  // namespace

Table controls_table(const ResultsIndex& index) {
  Table table{
      .header = {"Control", "Seeds", "D_u, pp² [CI]", "sd of D_u", "p, own", "Accuracy change, pp", "What it tells"},
      .rows = {}};
  const int decimals = decimals_for({largest_effect(index)}, 1);
  for (const View& arm : controls_of(index))
    table.rows.push_back(
        {arm["name"].text(), std::to_string(arm["blocks"].size()), effect_text(arm, decimals),
         fixed(scaled(arm["d_unbiased"]["sd"], kPp2), decimals), p_value(arm["sign_flip"]["p_greater"].number()),
         signed_fixed(scaled(arm["accuracy_change"]["mean"], kPp), 2), meaning_of(arm["method"].text())});
  return table;
}

std::string controls_line(const ResultsIndex& index) {
  const std::vector<View> controls = controls_of(index);
  if (controls.empty())
    return "No control arms (placebo, twin, reseed, same cost): what any weighting, chance or more training would do "
           "is "
           "not known here.";
  const int decimals = decimals_for({largest_effect(index)}, 1);
  std::string line = "Controls, D_u in pp² with the interval of each alone:";
  const char* separator = " ";
  for (const View& arm : controls) {
    line += separator + arm["name"].text() + " " + effect_text(arm, decimals);
    separator = "; ";
  }
  return line + ".";
}

}  // namespace evensweep

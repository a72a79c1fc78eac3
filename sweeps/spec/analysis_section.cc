#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "common/base/text.h"
#include "common/model/design.h"
#include "sweeps/spec/sections.h"

namespace evensweep {
namespace {

constexpr uint64_t kFirstSelectionSeed = 1'000'000;  // where a sweep file gives their number alone
constexpr int64_t kMostKept = 1'000'000;

// The arm that the analysis names as its primary comparison, by its name or as a map. Without arms nothing is checked.
std::optional<std::string> read_primary(const Value& value, const std::vector<Arm>& arms) {
  std::vector<std::string> names;
  for (const Arm& arm : arms) names.push_back(arm_name(arm));
  std::optional<std::string> given;
  if (value.is_map()) {
    Section section(value);
    const auto method = section.need("method");
    const auto description = method ? read_method(*method) : std::nullopt;
    if (!description) {
      section.end_unfinished();
      return std::nullopt;
    }
    const auto arm = read_cell(section, *description, default_options(*description));
    section.end();
    if (!arm) return std::nullopt;
    given = arm_name(without_usual(*arm, *description));
  } else {
    given = value.text();
  }
  if (!given || names.empty() || std::find(names.begin(), names.end(), *given) != names.end()) return given;
  const auto nearest = nearest_name(*given, names);
  value.fail(fmt::format("{} is no arm of this sweep; {}", in_quotes(*given),
                         nearest ? "did you mean " + in_quotes(*nearest) + "?" : "the arms are " + listed(names)));
  return std::nullopt;
}

// A number counts from kFirstSelectionSeed, so that adding seeds to the sweep leaves them fresh.
std::vector<uint64_t> read_selection_seeds(const Value& value, const std::vector<uint64_t>& seeds) {
  std::vector<uint64_t> selection = read_seeds(value);
  if (!value.is_map() && !value.is_list()) std::iota(selection.begin(), selection.end(), kFirstSelectionSeed);
  const std::set<uint64_t> taken(seeds.begin(), seeds.end());
  for (const uint64_t seed : selection) {
    if (!taken.contains(seed)) continue;
    value.fail(fmt::format("{} is one of the sweep's seeds too; what selects must not confirm: use other seeds", seed));
    break;
  }
  return selection;
}

SelectionSpec read_selection(const Value& value, const std::vector<uint64_t>& seeds) {
  SelectionSpec selection;
  Section section(value);
  if (const auto given = section.need("seeds")) selection.seeds = read_selection_seeds(*given, seeds);
  selection.keep = section.integer("keep", selection.keep, 1, kMostKept);
  selection.racing = section.flag("racing", selection.racing);
  section.end();
  return selection;
}

std::vector<int64_t> read_looks(const Value& value, int64_t seeds) {
  std::vector<int64_t> looks;
  for (const Value& item : value.list()) {
    const auto look = item.integer(1, seeds);
    if (!look) continue;
    if (!looks.empty() && *look <= looks.back())
      item.fail(fmt::format("{} does not come after {}; looks are numbers of seeds, increasing", *look, looks.back()));
    else
      looks.push_back(*look);
  }
  if (!looks.empty() && looks.back() != seeds)
    value.fail(fmt::format("the last look is at {} of {} seeds; it must be at all of them", looks.back(), seeds));
  return looks;
}

StoppingSpec read_stopping(const Value& value, bool selects, int64_t seeds) {
  StoppingSpec stopping;
  Section section(value);
  if (const auto rule = section.need("rule"))
    stopping.rule = rule->word({kGroupSequential, kEProcess}).value_or(stopping.rule);
  const auto looks = section.find("looks");
  if (seeds > 0) stopping.looks = looks ? read_looks(*looks, seeds) : default_looks(seeds, stopping.rule);
  if (stopping.rule == kGroupSequential)
    stopping.spending = section.word("spending", stopping.spending, {"obrien_fleming", "pocock", "hsd"});
  else
    section.refuse("spending", "has no effect with e_process; remove it");
  stopping.futility = section.number("futility", stopping.futility, {.least = 0, .most = 0.5});
  if (stopping.rule == kEProcess) {
    if (const auto scale = section.find("scale"))
      stopping.scale = scale->number({.least = 0, .most = 1, .least_excluded = true});
    else if (!selects)
      section.fail(
          "e_process needs a scale, the standard deviation of D_u, or selection seeds to take it from; add one");
  } else {
    section.refuse("scale", "has no effect with group_sequential; remove it");
  }
  section.end();
  return stopping;
}

}  // namespace

AnalysisSpec read_analysis(const Value& value, const std::vector<Arm>& arms, const std::vector<uint64_t>& seeds) {
  AnalysisSpec analysis;
  Section section(value);
  analysis.alpha = section.number("alpha", analysis.alpha, {.least = 0, .most = 0.5, .least_excluded = true});
  if (section.has("stopping")) analysis.correction = "holm";
  analysis.correction = section.word("correction", analysis.correction, {kMaxT, "holm", "none"});
  analysis.accuracy_margin =
      section.number("accuracy_margin", analysis.accuracy_margin, {.least = 0, .most = 1, .most_excluded = true});
  if (const auto primary = section.find("primary")) analysis.primary = read_primary(*primary, arms);
  if (const auto selection = section.find("selection")) analysis.selection = read_selection(*selection, seeds);
  if (const auto stopping = section.find("stopping")) {
    analysis.stopping = read_stopping(*stopping, analysis.selection.has_value(), std::ssize(seeds));
    if (analysis.correction == kMaxT)
      section.fail_key("correction", "max_t needs all arms in all blocks; with stopping use holm or none");
  }
  section.end();
  return analysis;
}

}  // namespace evensweep

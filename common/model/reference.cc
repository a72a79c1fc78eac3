#include "common/model/reference.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "common/base/text.h"
#include "common/model/expand.h"

namespace evensweep {
namespace {

constexpr size_t kMostListed = 4;

// "a, b, c, d and 3 more"
std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kMostListed); ++i) text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kMostListed) text += " and " + std::to_string(names.size() - kMostListed) + " more";
  return text;
}

std::string meant(std::string_view given, const std::vector<std::string>& known) {
  const std::optional<std::string> near = nearest_name(given, known);
  return near ? "did you mean " + in_quotes(*near) + "?" : "";
}

template <typename Number>
std::optional<Number> number_of(std::string_view text) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Status no_such_sweep(std::string_view text, std::span<const NamedSweep> sweeps) {
  std::vector<std::string> names;
  for (const NamedSweep& sweep : sweeps) names.push_back(sweep.name);
  if (const std::string hint = meant(text, names); !hint.empty())
    return absl::NotFoundError("there is no sweep " + in_quotes(text) + "; " + hint);
  const bool short_id = text.size() < kShortestPrefix && text.find_first_not_of("0123456789abcdef") == text.npos;
  if (short_id && std::ranges::any_of(sweeps, [&](const NamedSweep& s) { return s.id.str().starts_with(text); }))
    return absl::InvalidArgumentError(in_quotes(text) + " is too short for a sweep; give at least " +
                                      std::to_string(kShortestPrefix) + " characters of its id");
  return absl::NotFoundError("there is no sweep " + in_quotes(text) + "; `evensweep ls --all` lists those there are");
}

StatusOr<uint32_t> find_arm(const std::string& text, const Sweep& sweep) {
  std::vector<std::string> names;
  for (size_t i = 0; i <= sweep.arms.size(); ++i) names.push_back(arm_name(arm_of_trial(sweep, i)));
  if (const auto found = std::ranges::find(names, text); found != names.end())
    return static_cast<uint32_t>(found - names.begin());
  if (const std::optional<uint32_t> index = number_of<uint32_t>(text)) {
    if (*index < names.size()) return *index;
    return absl::NotFoundError("there is no arm " + text + " in sweep " + sweep.name +
                               "; it has arms 0 (baseline) to " + std::to_string(sweep.arms.size()));
  }
  const std::string hint = meant(text, names);
  return absl::NotFoundError("there is no arm " + in_quotes(text) + " in sweep " + sweep.name + "; " +
                             (hint.empty() ? "it has " + listed(names) : hint));
}

StatusOr<uint32_t> find_seed(const std::string& text, const Sweep& sweep) {
  const std::vector<uint64_t> seeds = all_seeds(sweep);
  const std::optional<uint64_t> seed = number_of<uint64_t>(text);
  const auto found = seed ? std::ranges::find(seeds, *seed) : seeds.end();
  if (found != seeds.end()) return static_cast<uint32_t>(found - seeds.begin());
  std::vector<std::string> names;
  for (const uint64_t known : seeds) names.push_back(std::to_string(known));
  return absl::NotFoundError("there is no seed " + in_quotes(text) + " in sweep " + sweep.name + "; it has " +
                             listed(names));
}

}  // namespace

StatusOr<Reference> parse_reference(std::string_view text) {
  const size_t first = text.find('/');
  if (first == text.npos && !text.empty()) return Reference{.sweep = std::string(text), .arm = {}, .seed = {}};
  const size_t last = text.rfind('/');
  if (first == text.npos || first == 0 || last <= first + 1 || last + 1 == text.size())
    return absl::InvalidArgumentError(in_quotes(text) +
                                      " is neither SWEEP nor SWEEP/ARM/SEED; write for example digits/0/3");
  return Reference{.sweep = std::string(text.substr(0, first)),
                   .arm = std::string(text.substr(first + 1, last - first - 1)),
                   .seed = std::string(text.substr(last + 1))};
}

StatusOr<SweepId> find_sweep(std::string_view text, std::span<const NamedSweep> sweeps) {
  std::vector<const NamedSweep*> found;
  for (const NamedSweep& sweep : sweeps) {
    if (sweep.id.str() == text) return sweep.id;
    if (sweep.name == text || (text.size() >= kShortestPrefix && sweep.id.str().starts_with(text)))
      found.push_back(&sweep);
  }
  if (found.empty()) return no_such_sweep(text, sweeps);
  if (found.size() == 1) return found.front()->id;
  std::ranges::stable_sort(found, std::greater(), &NamedSweep::submitted_at);
  std::vector<std::string> names;
  for (const NamedSweep* sweep : found) names.push_back(std::string(sweep->id.brief()) + " (" + sweep->name + ")");
  return absl::InvalidArgumentError(in_quotes(text) + " is " + std::to_string(found.size()) +
                                    " sweeps; name one by its id, the newest first: " + listed(names));
}

StatusOr<TrialPosition> find_trial(const Reference& reference, const Sweep& sweep) {
  EV_ASSIGN_OR_RETURN(const uint32_t arm, find_arm(reference.arm, sweep));
  EV_ASSIGN_OR_RETURN(const uint32_t seed, find_seed(reference.seed, sweep));
  return TrialPosition{.arm = arm, .seed = seed};
}

StatusOr<AgentId> find_agent(std::string_view text, std::span<const AgentId> agents) {
  std::vector<std::string> found, known;
  for (const AgentId& agent : agents) {
    if (agent.str() == text) return agent;
    if (!text.empty() && agent.str().starts_with(text)) found.push_back(agent.str());
    known.push_back(agent.str());
  }
  if (found.size() == 1) return AgentId(found.front());
  if (found.size() > 1)
    return absl::InvalidArgumentError(in_quotes(text) + " is " + std::to_string(found.size()) +
                                      " agents: " + listed(found) + "; give more of the id");
  const std::string hint = meant(text, known);
  return absl::NotFoundError("there is no agent " + in_quotes(text) + "; " +
                             (hint.empty() ? "`evensweep agents` lists those there are" : hint));
}

}  // namespace evensweep

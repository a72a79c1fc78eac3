#include "sweeps/stats/trend.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace evensweep {
namespace {

constexpr size_t kFewestValues = 3;

std::string settings_without(const Arm& arm, const std::string& parameter) {
  std::string text;
  const auto add = [&](const std::string& name, const std::string& value) {
    text += (text.empty() ? "" : ", ") + name + "=" + value;
  };
  for (const auto& [name, value] : arm.parameters)
    if (name != parameter) add(name, fmt::format("{}", value));
  for (const auto& [name, value] : arm.options) add(name, value);
  return text;
}

std::vector<double> slopes(const Evidence& evidence, const Trend& trend) {
  const auto x = [&](size_t arm) { return evidence.arms[arm].arm.parameters.at(trend.parameter); };
  double mean = 0, squares = 0;
  for (const size_t arm : trend.arms) mean += x(arm) / static_cast<double>(trend.arms.size());
  for (const size_t arm : trend.arms) squares += (x(arm) - mean) * (x(arm) - mean);
  std::vector<double> list(evidence.complete_blocks.size());
  for (const size_t arm : trend.arms)
    for (size_t b = 0; b < list.size(); ++b)
      list[b] += (x(arm) - mean) / squares * evidence.arms[arm].blocks[b].d_unbiased;
  return list;
}

}  // namespace

std::vector<Trend> find_trends(const Evidence& evidence, double alpha) {
  std::map<std::tuple<std::string, std::string, std::string>, std::vector<size_t>> rows;
  for (size_t a = 0; a < evidence.arms.size(); ++a) {
    const ArmEvidence& arm = evidence.arms[a];
    if (!arm.tested || arm.control || arm.blocks.size() != evidence.complete_blocks.size()) continue;
    for (const auto& parameter : arm.arm.parameters)
      rows[{arm.arm.method, parameter.first, settings_without(arm.arm, parameter.first)}].push_back(a);
  }
  std::vector<Trend> trends;
  for (auto& [key, arms] : rows) {
    if (arms.size() < kFewestValues) continue;
    Trend trend{std::get<0>(key), std::get<1>(key), std::get<2>(key), arms, {}, {}};
    std::sort(trend.arms.begin(), trend.arms.end(), [&](size_t a, size_t b) {
      return evidence.arms[a].arm.parameters.at(trend.parameter) < evidence.arms[b].arm.parameters.at(trend.parameter);
    });
    const std::vector<double> list = slopes(evidence, trend);
    trend.slope = paired_t(list, alpha);
    trend.sign_flip = sign_flip(list);
    trends.push_back(std::move(trend));
  }
  return trends;
}

}  // namespace evensweep

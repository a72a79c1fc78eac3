#include "sweeps/report/surface.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "common/base/text.h"
#include "sweeps/report/facts.h"
#include "sweeps/report/format.h"

namespace evensweep {
namespace {

using Numbers = std::map<std::string, double>;

Numbers parameters_of(View arm) {
  Numbers numbers;
  for (const auto& [name, value] : arm["parameters"].members())
    if (const auto number = value.number()) numbers[name] = *number;
  return numbers;
}

// Method, words, and which numbers there are: what the arms of a surface have in common.
std::string family_of(View arm) {
  std::string key = arm["method"].text();
  for (const auto& [name, value] : arm["options"].members()) key += ", " + name + "=" + value.scalar();
  return key;
}

std::string name_list(const Numbers& numbers) {
  std::string names;
  for (const auto& [name, value] : numbers) names += name + "\n";
  return names;
}

struct Family {
  std::string title;
  std::vector<size_t> arms;
};

// In the order of their first arms.
std::vector<Family> families_of(const ResultsIndex& index) {
  std::vector<Family> families;
  std::map<std::string, size_t> places;
  for (size_t i = 0; i < index.arms().size(); ++i) {
    const std::string title = family_of(index.arms()[i]);
    const auto [place, is_new] =
        places.try_emplace(title + "\n" + name_list(parameters_of(index.arms()[i])), families.size());
    if (is_new) families.push_back({title, {}});
    families[place->second].arms.push_back(i);
  }
  return families;
}

std::map<std::string, std::set<double>> values_of(const ResultsIndex& index, const std::vector<size_t>& arms) {
  std::map<std::string, std::set<double>> values;
  for (const size_t arm : arms)
    for (const auto& [name, number] : parameters_of(index.arms()[arm])) values[name].insert(number);
  return values;
}

size_t place_of(const std::vector<double>& values, double value) {
  return static_cast<size_t>(std::lower_bound(values.begin(), values.end(), value) - values.begin());
}

// The grid over the two parameters with the most values; the others are the same for all `arms`.
Surface surface_of(const ResultsIndex& index, std::string title, const std::vector<size_t>& arms) {
  Surface surface{.title = std::move(title), .x = {}, .y = {}, .xs = {}, .ys = {0}, .cells = {}};
  const auto values = values_of(index, arms);
  std::vector<std::string> axes;
  for (const auto& [name, all] : values) {
    if (all.size() > 1)
      axes.push_back(name);
    else
      surface.title += ", " + name + "=" + shortest(*all.begin());
  }
  std::stable_sort(axes.begin(), axes.end(), [&](const std::string& a, const std::string& b) {
    return values.at(a).size() > values.at(b).size();
  });
  if (axes.empty()) return surface;
  surface.x = axes[0];
  surface.xs.assign(values.at(axes[0]).begin(), values.at(axes[0]).end());
  if (axes.size() > 1) {
    surface.y = axes[1];
    surface.ys.assign(values.at(axes[1]).begin(), values.at(axes[1]).end());
  }
  surface.cells.resize(surface.xs.size() * surface.ys.size());
  for (const size_t arm : arms) {
    const Numbers at = parameters_of(index.arms()[arm]);
    const size_t row = surface.y.empty() ? 0 : place_of(surface.ys, at.at(surface.y));
    surface.cells[row * surface.xs.size() + place_of(surface.xs, at.at(surface.x))] = arm;
  }
  return surface;
}

// Splits by the values of all but the two parameters with the most values.
std::vector<std::vector<size_t>> slices_of(const ResultsIndex& index, const std::vector<size_t>& arms) {
  const auto values = values_of(index, arms);
  std::vector<std::pair<size_t, std::string>> sizes;  // rising, so that the axes come last
  for (const auto& [name, all] : values)
    if (all.size() > 1) sizes.emplace_back(all.size(), name);
  std::sort(sizes.begin(), sizes.end());
  if (sizes.size() > 2)
    sizes.resize(sizes.size() - 2);
  else
    sizes.clear();
  std::map<std::vector<double>, std::vector<size_t>> slices;
  for (const size_t arm : arms) {
    const Numbers at = parameters_of(index.arms()[arm]);
    std::vector<double> others;
    for (const auto& [size, name] : sizes) others.push_back(at.at(name));
    slices[others].push_back(arm);
  }
  std::vector<std::vector<size_t>> list;
  for (auto& [others, slice] : slices) list.push_back(std::move(slice));
  return list;
}

}  // namespace

std::vector<Surface> surfaces_of(const ResultsIndex& index) {
  std::vector<Surface> surfaces;
  for (const Family& family : families_of(index))
    for (const std::vector<size_t>& slice : slices_of(index, family.arms)) {
      Surface surface = surface_of(index, family.title, slice);
      const bool shows = std::ranges::any_of(slice, [&](size_t arm) { return is_compared(index.arms()[arm]); });
      if (surface.xs.size() > 1 && shows) surfaces.push_back(std::move(surface));
    }
  return surfaces;
}

double largest_effect(const ResultsIndex& index) {
  double largest = 0;
  for (const View& arm : index.arms())
    if (const auto mean = effect_of(index.root(), arm)["mean"].number())
      largest = std::max(largest, std::abs(*mean) * kPp2);
  return largest;
}

}  // namespace evensweep

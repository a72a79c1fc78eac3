#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "sweeps/report/axes.h"
#include "sweeps/report/escape.h"
#include "sweeps/report/facts.h"
#include "sweeps/report/figures.h"
#include "sweeps/report/format.h"
#include "sweeps/stats/paired.h"

namespace evensweep {
namespace {

constexpr double kWidth = 640, kLeft = 62, kRight = 624, kTop = 12, kBottom = 372, kAxis = 44, kLegendRow = 17;
constexpr size_t kLegendCharacters = 80;

struct Estimate {
  double mean = 0, low = 0, high = 0;
};

// A model at its mean accuracy and variance over the compared seeds.
struct Place {
  std::string name;
  size_t number = 0;  // of the arm; 0: the baseline
  Estimate accuracy, variance;
  bool dominated = false;
};

std::optional<Estimate> estimate_of(const std::vector<double>& values, double alpha, double factor) {
  if (values.empty()) return std::nullopt;
  const PairedSummary summary = paired_t(values, alpha);
  if (summary.status == PairedStatus::kNotFinite) return std::nullopt;
  Estimate estimate{.mean = summary.mean * factor, .low = summary.ci_low * factor, .high = summary.ci_high * factor};
  if (values.size() < 2) estimate.low = estimate.high = estimate.mean;
  return estimate;
}

// Of the trials of each arm, and of the baseline once for each seed.
std::vector<Place> places_of(const ResultsIndex& index) {
  struct Values {
    std::vector<double> accuracy, variance;
    void add(View metrics) {
      const auto a = metrics["accuracy"].number(), v = metrics["var_unbiased"].number();
      if (a && v) accuracy.push_back(*a), variance.push_back(*v);
    }
  };
  std::map<std::string, Values> of_arm;
  std::map<std::string, View> baselines;  // by seed
  for (const View& trial : index.root()["trials"].items()) {
    if (!trial["compared"].truth()) continue;
    of_arm[trial["arm"].text()].add(trial["rebalanced"]);
    baselines.emplace(trial["seed"].scalar(), trial["baseline"]);
  }
  Values baseline;
  for (const auto& [seed, metrics] : baselines) baseline.add(metrics);
  const double alpha = index.root()["analysis"]["alpha"].number().value_or(0.05);
  std::vector<Place> places;
  const auto place = [&](const std::string& name, size_t number, const Values& values) {
    if (!(alpha > 0 && alpha < 1)) return;
    const auto accuracy = estimate_of(values.accuracy, alpha, kPp);
    const auto variance = estimate_of(values.variance, alpha, kPp2);
    if (accuracy && variance) places.push_back({name, number, *accuracy, *variance, false});
  };
  place("baseline", 0, baseline);
  if (places.empty()) return {};
  for (size_t i = 0; i < index.arms().size(); ++i)
    if (const auto found = of_arm.find(index.arms()[i]["name"].text()); found != of_arm.end())
      place(found->first, i + 1, found->second);
  return places;
}

void mark_dominated(std::vector<Place>& places) {
  for (Place& a : places)
    for (const Place& b : places) {
      const bool no_worse = b.accuracy.mean >= a.accuracy.mean && b.variance.mean <= a.variance.mean;
      const bool better = b.accuracy.mean > a.accuracy.mean || b.variance.mean < a.variance.mean;
      a.dominated = a.dominated || (no_worse && better);
    }
}

struct Axes {
  Scale x, y;  // variance, accuracy
};

// All means, and of their intervals as much as does not dwarf these.
Axes axes_of(const std::vector<Place>& places) {
  const Place& first = places.front();
  Axes axes{.x = {.low = first.variance.mean, .high = first.variance.mean, .from = kLeft, .to = kRight},
            .y = {.low = first.accuracy.mean, .high = first.accuracy.mean, .from = kBottom, .to = kTop}};
  for (const Place& place : places) extend(axes.x, place.variance.mean), extend(axes.y, place.accuracy.mean);
  const double reach_x = axes.x.high - axes.x.low, reach_y = axes.y.high - axes.y.low;
  const Axes means = axes;
  for (const Place& place : places) {
    extend(axes.x, std::max(place.variance.low, means.x.low - reach_x));
    extend(axes.x, std::min(place.variance.high, means.x.high + reach_x));
    extend(axes.y, std::max(place.accuracy.low, means.y.low - reach_y));
    extend(axes.y, std::min(place.accuracy.high, means.y.high + reach_y));
  }
  return {widened(axes.x, 0.04), widened(axes.y, 0.04)};
}

// Where nothing is both more even and more accurate: from the evenest to the most accurate.
void draw_front(Svg& svg, std::vector<Place> places, const Axes& axes) {
  std::erase_if(places, [](const Place& place) { return place.dominated; });
  std::sort(places.begin(), places.end(),
            [](const Place& a, const Place& b) { return a.variance.mean < b.variance.mean; });
  std::string line;
  for (const Place& place : places) {
    const std::string x = coordinate(axes.x(place.variance.mean)), y = coordinate(axes.y(place.accuracy.mean));
    line += line.empty() ? fmt::format("M{} {}V{}", x, coordinate(kBottom), y) : fmt::format("H{}V{}", x, y);
  }
  if (!line.empty()) svg.path(line + "H" + coordinate(kRight), "front");
}

void draw_place(Svg& svg, const Place& place, const Place& baseline, const Axes& axes) {
  const double x = axes.x(place.variance.mean), y = axes.y(place.accuracy.mean);
  const double from_x = axes.x(baseline.variance.mean), from_y = axes.y(baseline.accuracy.mean);
  if (place.number > 0) svg.line(from_x, from_y, x, y, place.dominated ? "arrow faded" : "arrow");
  const auto across = [&](double value) { return coordinate(std::clamp(axes.x(value), kLeft, kRight)); };
  const auto up = [&](double value) { return coordinate(std::clamp(axes.y(value), kTop, kBottom)); };
  svg.path(fmt::format("M{} {}H{}M{} {}V{}", across(place.variance.low), coordinate(y), across(place.variance.high),
                       coordinate(x), up(place.accuracy.low), up(place.accuracy.high)),
           place.dominated ? "cross faded" : "cross");
  svg.circle(x, y, place.number == 0 ? 7 : 5, place.number == 0 ? "start" : place.dominated ? "dot" : "mean");
  svg.text(x + 8, y - 8, place.number == 0 ? "baseline" : std::to_string(place.number),
           place.dominated ? "m h" : "b h");
}

}  // namespace

std::string tradeoff_figure(const ResultsIndex& index) {
  std::vector<Place> places = places_of(index);
  if (places.size() < 2) return {};
  mark_dominated(places);
  const Axes axes = axes_of(places);
  Svg svg(kWidth, kBottom + kAxis + kLegendRow * static_cast<double>(places.size() - 1), "tradeoff",
          "Accuracy against the variance of class TPRs",
          "Seed means of the baseline and of each arm with confidence intervals of each alone, arrows from the "
          "baseline, and the front of arms that no other surpasses in both. The numbers are in the table of arms.");
  draw_rows(svg, axes.y, kLeft, kRight);
  draw_columns(svg, axes.x, kBottom);
  draw_row_title(svg, axes.y, 14, "accuracy in %");
  svg.text((kLeft + kRight) / 2, kBottom + 36, "Var_u of class TPRs in pp²: left is more even", "m c");
  draw_front(svg, places, axes);
  for (size_t i = places.size(); i-- > 0;) draw_place(svg, places[i], places.front(), axes);
  for (size_t i = 1; i < places.size(); ++i)
    svg.text(kLeft, kBottom + kAxis + kLegendRow * (static_cast<double>(i) - 0.3),
             fmt::format("{}  {}{}", places[i].number, shortened(places[i].name, kLegendCharacters),
                         places[i].dominated ? " (surpassed)" : ""),
             places[i].dominated ? "m" : "t");
  return svg.str();
}

}  // namespace evensweep

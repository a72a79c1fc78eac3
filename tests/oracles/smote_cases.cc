// SMOTE with recorded draws.

#include "sweeps/methods/smote.h"

#include <algorithm>

#include "tests/oracles/registry.h"

namespace evensweep {
namespace {

struct Table {
  std::vector<double> values;
  size_t width = 0;
  TableView view() const { return {.values = values, .width = width}; }
};

Table table_at(const Json& in, const char* name) {
  Table table;
  for (const Json& row : in.at(name)) {
    const auto values = row.get<std::vector<double>>();
    table.width = values.size();
    table.values.insert(table.values.end(), values.begin(), values.end());
  }
  return table;
}

template <typename T>
Json rows_of(const std::vector<T>& values, size_t width) {
  Json rows = Json::array();
  for (size_t i = 0; i + width <= values.size(); i += width)
    rows.push_back(
        std::vector<T>(values.begin() + static_cast<ptrdiff_t>(i), values.begin() + static_cast<ptrdiff_t>(i + width)));
  return rows;
}

std::vector<SmoteDraw> draws_at(const Json& in) {
  std::vector<SmoteDraw> draws;
  const std::vector<double> steps = numbers_at(in, "steps");
  for (const Json& pair : in.at("flat_indices"))
    draws.push_back({.pair = pair.get<size_t>(), .step = steps.at(draws.size())});
  return draws;
}

Json given_draws(const Json& in) {
  const Table table = table_at(in, "X_class");
  const size_t k = smote_neighbour_count(table.view().rows(), in.at("k").get<size_t>());
  const std::vector<size_t> neighbours = nearest_neighbours(table.view(), k);
  const std::vector<SmoteDraw> draws = draws_at(in);
  Json rows = Json::array(), cols = Json::array();
  for (const SmoteDraw& draw : draws) {
    rows.push_back(draw.pair / k);
    cols.push_back(draw.pair % k);
  }
  return {{"neighbors", rows_of(neighbours, k)},
          {"rows", std::move(rows)},
          {"cols", std::move(cols)},
          {"synthetic", rows_of(smote_rows(table.view(), neighbours, draws), table.width)}};
}

// Every class is brought to the size of the largest.
Json fit_resample(const Json& in) {
  const Table table = table_at(in, "X");
  const auto labels = in.at("y").get<std::vector<int64_t>>();
  std::vector<int64_t> counts(static_cast<size_t>(*std::max_element(labels.begin(), labels.end())) + 1);
  for (const int64_t label : labels) ++counts[static_cast<size_t>(label)];
  std::vector<int64_t> wanted;
  for (const int64_t count : counts) wanted.push_back(*std::max_element(counts.begin(), counts.end()) - count);
  const std::vector<SmoteDraw> draws = draws_at(in);
  size_t next = 0;
  const auto synthetic =
      smote(table.view(), labels, wanted, in.at("k").get<size_t>(), [&](size_t) { return draws.at(next++); });
  if (!synthetic.ok()) return {{"error", std::string(synthetic.status().message())}};
  for (const int64_t label : synthetic->labels) ++counts[static_cast<size_t>(label)];
  return {{"counts_after", counts},
          {"synthetic", rows_of(synthetic->values, table.width)},
          {"originals_first", true}};  // new rows come apart from the table, which nothing changes
}

}  // namespace

Json smote_size_policy(const Json& in) {
  const auto k = in.at("k").get<size_t>();
  const size_t used = smote_neighbour_count(in.at("smote_class_size").get<size_t>(), k);
  Json out = {{"warning", used < k}};
  if (used == 0)
    out["fallback"] = "duplicate";
  else
    out["k_used"] = used;
  return out;
}

void register_smote_cases(Registry& registry) {
  registry["smote_given_draws"] = given_draws;
  registry["smote_fit_resample"] = fit_resample;
}

}  // namespace evensweep

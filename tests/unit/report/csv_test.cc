#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "tests/unit/report/report_fixture.h"

namespace evensweep {
namespace {

using Row = std::vector<std::string>;

// RFC 4180, strictly: quotes only around whole fields, doubled inside.
std::vector<Row> read_csv(const std::string& text) {
  std::vector<Row> rows(1, Row(1));
  bool is_quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    std::string& field = rows.back().back();
    if (is_quoted && text[i] == '"' && i + 1 < text.size() && text[i + 1] == '"')
      field += text[++i];
    else if (text[i] == '"')
      is_quoted = !is_quoted;
    else if (!is_quoted && text[i] == ',')
      rows.back().emplace_back();
    else if (!is_quoted && text[i] == '\n')
      rows.emplace_back(1);
    else
      field += text[i];
  }
  rows.pop_back();  // after the last line feed
  return rows;
}

std::vector<std::map<std::string, std::string>> read_table(const std::string& text) {
  const std::vector<Row> rows = read_csv(text);
  std::vector<std::map<std::string, std::string>> table;
  for (size_t i = 1; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i].size(), rows[0].size()) << "line " << i;
    for (size_t c = 0; c < std::min(rows[i].size(), rows[0].size()); ++c) {
      if (c == 0) table.emplace_back();
      table.back()[rows[0][c]] = rows[i][c];
    }
  }
  return table;
}

TEST(TrialsCsv, HoldsTheNumbersOfResultsJsonExactly) {
  const Json json = json_of(SyntheticOptions{});
  const auto table = read_table(trials_csv(json));
  ASSERT_EQ(table.size(), json["trials"].size());
  size_t compared = 0;
  for (size_t i = 0; i < table.size(); ++i) {
    const Json& trial = json["trials"][i];
    EXPECT_EQ(table[i].at("arm"), trial["arm"]);
    EXPECT_EQ(table[i].at("seed"), trial["seed"].dump());
    EXPECT_EQ(table[i].at("run"), trial["run"]);
    EXPECT_EQ(table[i].at("state"), "finished");
    if (!trial["compared"].get<bool>()) continue;
    ++compared;
    EXPECT_EQ(std::stod(table[i].at("d_unbiased")), trial["d_unbiased"].get<double>());
    EXPECT_EQ(std::stod(table[i].at("baseline_var_unbiased")), trial["baseline"]["var_unbiased"].get<double>());
    EXPECT_EQ(std::stod(table[i].at("rebalanced_accuracy")), trial["rebalanced"]["accuracy"].get<double>());
  }
  EXPECT_EQ(compared, json["counts"]["trials"]["compared"]);
}

TEST(TrialsCsv, SettingsAreColumns) {
  const auto table = read_table(trials_csv(json_of(SyntheticOptions{})));
  const auto tpr = std::find_if(table.begin(), table.end(), [](const auto& row) {
    return row.at("arm") == "effective_number(beta=0.99, counts=tpr)";
  });
  ASSERT_NE(tpr, table.end());
  EXPECT_EQ(tpr->at("method"), "effective_number");
  EXPECT_EQ(tpr->at("beta"), "0.99");
  EXPECT_EQ(tpr->at("counts"), "tpr");
  EXPECT_EQ(tpr->at("gamma"), "");
}

TEST(TrialsCsv, LostTrialsHaveReasonsAndNoNumbers) {
  const auto table = read_table(trials_csv(json_of(hostile_options())));
  const auto lost =
      std::find_if(table.begin(), table.end(), [](const auto& row) { return row.at("state") == "failed"; });
  ASSERT_NE(lost, table.end());
  EXPECT_EQ(lost->at("d_unbiased"), "");
  EXPECT_NE(lost->at("reason"), "");
}

TEST(TrialsCsv, NoFieldIsAFormula) {
  for (const Row& row : read_csv(trials_csv(json_of(hostile_options()))))
    for (const std::string& field : row) {
      if (field.empty() || std::string("=+-@\t\r").find(field[0]) == std::string::npos) continue;
      size_t read = 0;
      EXPECT_NO_THROW((void)std::stod(field, &read)) << field;
      EXPECT_EQ(read, field.size()) << field;
    }
}

}  // namespace
}  // namespace evensweep

#include <map>
#include <utility>

#include "common/model/json_fields.h"
#include "sweeps/report/comparison.h"
#include "sweeps/report/view.h"

namespace evensweep {
namespace {

constexpr int64_t kMostExamples = 1'000'000'000'000;  // sums of counts stay far from overflow

bool is_null(const Json& object, const char* name) { return !object.contains(name) || object.at(name).is_null(); }

// Whole numbers from 0 to kMostExamples.
std::vector<int64_t> counts_at(Fields& fields, const char* name) {
  std::vector<int64_t> counts = fields.integers(name, 0);
  for (int64_t count : counts)
    if (count > kMostExamples) fields.fail(name, "has a count that is too large");
  return counts;
}

// Row by row; empty where there are none.
std::vector<int64_t> confusions_of(const Json& run, const std::string& place, Status& status) {
  std::vector<int64_t> counts;
  if (is_null(run, "test")) return counts;
  Fields fields(run, place, status);
  const Json& rows = fields.array("test");
  for (const Json& row : rows) {
    const Json wrapped = {{"test", row}};
    Fields cells(wrapped, place, status);
    const std::vector<int64_t> list = counts_at(cells, "test");
    if (list.size() != rows.size()) fields.fail("test", "must be a square table of counts");
    counts.insert(counts.end(), list.begin(), list.end());
  }
  return counts;
}

TestCounts from_confusions(std::vector<int64_t> confusions, size_t classes) {
  TestCounts counts{std::vector<int64_t>(classes), std::vector<int64_t>(classes), std::move(confusions)};
  for (size_t i = 0; i < counts.confusions.size(); ++i) {
    const size_t truth = i / classes, predicted = i % classes;
    counts.total[truth] += counts.confusions[i];
    if (truth == predicted) counts.correct[truth] = counts.confusions[i];
  }
  return counts;
}

SeedCell cell_of_run(const Json& run, const std::string& place, Status& status) {
  SeedCell cell;
  if (View(run)["state"].text() != "finished") {
    const View failure = View(run)["failure"];
    cell.diverged = failure["class"].text() == failure_class_name(FailureClass::kDiverged);
    cell.lacking = failure.absent() ? "not finished" : failure["class"].text() + ": " + failure["message"].text();
    return cell;
  }
  std::vector<int64_t> confusions = confusions_of(run, place, status);
  if (is_null(run, "class_counts")) {
    const size_t classes = is_null(run, "test") ? 0 : run.at("test").size();
    if (classes == 0 && status.ok()) status = absl::InvalidArgumentError(place + ".test: has no counts");
    if (status.ok()) cell.counts = from_confusions(std::move(confusions), classes);
    return cell;
  }
  Fields fields(run.at("class_counts"), place + ".class_counts", status);
  cell.counts = TestCounts{counts_at(fields, "correct"), counts_at(fields, "total"), std::move(confusions)};
  if (cell.counts->correct.size() != cell.counts->total.size())
    fields.fail("correct", "must have as many classes as total");
  return cell;
}

std::map<std::string, SeedCell> runs_by_key(Fields& root, Status& status) {
  std::map<std::string, SeedCell> runs;
  size_t index = 0;
  for (const Json& run : root.array("runs")) {
    const std::string place = "runs[" + std::to_string(index++) + "]";
    Fields fields(run, place, status);
    const std::string key = fields.text("key");
    if (status.ok()) runs[key] = cell_of_run(run, place, status);
  }
  return runs;
}

using Place = std::pair<std::string, uint64_t>;  // arm, seed

std::map<Place, SeedCell> trials_by_place(Fields& root, Status& status) {
  const std::map<std::string, SeedCell> runs = runs_by_key(root, status);
  std::map<Place, SeedCell> cells;
  size_t index = 0;
  for (const Json& trial : root.array("trials")) {
    Fields fields(trial, "trials[" + std::to_string(index++) + "]", status);
    const Place place{fields.text("arm"), fields.unsigned_integer("seed")};
    const auto run = runs.find(View(trial)["run"].text());
    SeedCell cell = run == runs.end() ? SeedCell{} : run->second;
    const std::string reason = View(trial)["reason"].text();
    if (!cell.counts && !reason.empty()) cell.lacking = reason;
    cells[place] = std::move(cell);
  }
  return cells;
}

std::vector<uint64_t> seeds_of(Fields& root, Status& status) {
  Fields sweep(root.object("sweep"), "sweep", status);
  std::vector<uint64_t> seeds;
  for (const Json& seed : sweep.array("seeds")) {
    if (seed.is_number_unsigned())
      seeds.push_back(seed.get<uint64_t>());
    else
      sweep.fail("seeds", "must be a list of whole numbers of at least 0");
  }
  return seeds;
}

std::vector<SeedCell> column(const std::map<Place, SeedCell>& cells, const std::string& arm,
                             const std::vector<uint64_t>& seeds) {
  std::vector<SeedCell> list;
  for (uint64_t seed : seeds) {
    const auto found = cells.find({arm, seed});
    list.push_back(found == cells.end() ? SeedCell{} : found->second);
    if (!list.back().counts && list.back().lacking.empty()) list.back().lacking = "not started";
  }
  return list;
}

}  // namespace

StatusOr<SweepCells> cells_of_results(const Json& results) {
  Status status;
  Fields root(results, "results", status);
  SweepCells sweep;
  sweep.seeds = seeds_of(root, status);
  const std::map<Place, SeedCell> cells = trials_by_place(root, status);
  sweep.baseline = column(cells, kBaseline, sweep.seeds);
  size_t index = 0;
  for (const Json& arm : root.array("arms")) {
    Fields fields(arm, "arms[" + std::to_string(index++) + "]", status);
    const std::string name = fields.text("name");
    sweep.arms.push_back({name, column(cells, name, sweep.seeds), fields.boolean("identity")});
  }
  EV_RETURN_IF_ERROR(status);
  return sweep;
}

}  // namespace evensweep

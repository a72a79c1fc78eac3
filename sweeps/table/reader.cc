#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "common/base/file.h"
#include "common/base/hash.h"
#include "common/base/text.h"
#include "common/dataset/csv_cells.h"
#include "sweeps/table/header.h"
#include "sweeps/table/keys.h"
#include "sweeps/table/records.h"
#include "sweeps/table/table.h"
#include "sweeps/table/tally.h"

namespace evensweep {

// From records to sums, and from the sums to the checked table.
class TableReader::Rows {
 public:
  explicit Rows(std::string path)
      : place_{.path = std::move(path)},
        records_([this](std::string_view record, int64_t line) { return read_record(record, line); }) {}

  Status append(std::string_view bytes);
  StatusOr<ResultsTable> finish();

 private:
  Status read_record(std::string_view record, int64_t line);
  Status cut(std::string_view record);
  Status read_counts(RunTally& run, size_t truth, size_t correct_column, size_t total_column, bool again);
  Status read_predictions(size_t arm, size_t seed, size_t truth);
  Status placed(Status status) const;

  std::string run_text(const RunTally& run) const;
  Status error_of(const RunTally& run, std::string_view what) const;
  Status check_whole() const;
  Status check_labels() const;
  Status check_classes(const RunTally& run) const;
  Status check_totals(const RunTally& run, const RunTally& first) const;
  Status check_runs() const;
  std::vector<int64_t> first_rows() const;
  TableRun run_of(const RunTally& tally, const std::vector<size_t>& ranks) const;

  TablePlace place_;
  CsvRecords records_;
  Sha256 hash_;
  bool empty_ = true;
  std::optional<TableColumns> columns_;
  std::vector<CsvCell> cells_;
  int64_t rows_ = 0;
  ArmKeys arms_;
  SeedKeys seeds_;
  ClassKeys classes_;
  Tally tally_;
};

// What CsvRecords says has no place yet.
Status TableReader::Rows::placed(Status status) const {
  const std::string what(status.message());
  if (status.ok() || what.starts_with(place_.path + ":")) return status;
  return TablePlace::error_at(place_.path, records_.line(), what);
}

Status TableReader::Rows::append(std::string_view bytes) {
  empty_ = empty_ && bytes.empty();
  hash_.update(bytes);
  return placed(records_.append(bytes));
}

Status TableReader::Rows::read_record(std::string_view record, int64_t line) {
  place_.line = line;
  if (!columns_) {
    EV_ASSIGN_OR_RETURN(columns_, read_table_header(record, place_));
    return absl::OkStatus();
  }
  EV_RETURN_IF_ERROR(cut(record));
  ++rows_;
  EV_ASSIGN_OR_RETURN(const size_t arm, arms_.of(cells_, *columns_, place_));
  EV_ASSIGN_OR_RETURN(const size_t seed, seeds_.of(cells_[columns_->seed], place_));
  EV_ASSIGN_OR_RETURN(const size_t truth,
                      classes_.of(cells_[columns_->truth], columns_->names[columns_->truth], place_));
  if (columns_->form == TableForm::kPredictions) {
    EV_RETURN_IF_ERROR(read_predictions(arm, seed, truth));
  } else {
    if (columns_->form == TableForm::kWideCounts)
      EV_RETURN_IF_ERROR(read_counts(tally_.run(0, seed, line), truth, columns_->baseline_correct,
                                     columns_->baseline_total, /*again=*/true));
    EV_RETURN_IF_ERROR(
        read_counts(tally_.run(arm, seed, line), truth, columns_->correct, columns_->total, /*again=*/false));
  }
  if (tally_.too_large())
    return place_.error(1, "too many methods, seeds and classes for one report; divide the table");
  return absl::OkStatus();
}

Status TableReader::Rows::cut(std::string_view record) {
  cells_.resize(columns_->names.size());
  CsvCells cells(record);
  size_t column = 0;
  CsvCell cell;
  for (; !cells.done(); ++column) {
    if (!cells.next(cell)) return place_.error(cell.column, "a quoted cell that does not end with a quote; close it");
    if (column == cells_.size())
      return place_.error(cell.column,
                          fmt::format("more than {} cells; every row needs as many as the header", cells_.size()));
    cells_[column] = cell;
  }
  if (column == cells_.size()) return absl::OkStatus();
  return place_.error(
      record.size() + 1,
      fmt::format("the row ends after {} of {} cells; every row needs as many as the header", column, cells_.size()));
}

// `again`: the same counts may be there already, as those of a baseline are that stand beside every method.
Status TableReader::Rows::read_counts(RunTally& run, size_t truth, size_t correct_column, size_t total_column,
                                      bool again) {
  const CsvCell &correct_cell = cells_[correct_column], &total_cell = cells_[total_column];
  ClassTally counts{.line = place_.line};
  EV_ASSIGN_OR_RETURN(counts.correct, read_count(correct_cell, columns_->names[correct_column], place_));
  EV_ASSIGN_OR_RETURN(counts.total, read_count(total_cell, columns_->names[total_column], place_));
  if (counts.correct > counts.total)
    return place_.error(correct_cell.column,
                        fmt::format("{} correct of {}; no more than all can be correct", counts.correct, counts.total));
  if (counts.total < 2)
    return place_.error(total_cell.column, fmt::format("{} of class {}; two test examples of each class are the least "
                                                       "that a variance can be estimated from",
                                                       counts.total == 0 ? "no test example" : "one test example",
                                                       in_quotes(classes_.names()[truth])));
  if (tally_.add_counts(run, truth, counts)) return absl::OkStatus();
  const ClassTally& known = run.classes[truth];
  if (again && known.correct == counts.correct && known.total == counts.total) return absl::OkStatus();
  if (again)
    return place_.error(correct_cell.column,
                        fmt::format("the baseline has {} of {} here, but {} of {} in line {}; a seed has one baseline",
                                    counts.correct, counts.total, known.correct, known.total, known.line));
  return place_.error(1, fmt::format("{}, class {} is there already, in line {}; keep one of them", run_text(run),
                                     in_quotes(classes_.names()[truth]), known.line));
}

Status TableReader::Rows::read_predictions(size_t arm, size_t seed, size_t truth) {
  const size_t column = columns_->prediction;
  EV_ASSIGN_OR_RETURN(const size_t predicted, classes_.of(cells_[column], columns_->names[column], place_));
  tally_.add_prediction(tally_.run(arm, seed, place_.line), truth, predicted, place_.line);
  return absl::OkStatus();
}

std::string TableReader::Rows::run_text(const RunTally& run) const {
  return fmt::format("{} at seed {}", run.arm == 0 ? kBaseline : arm_name(arms_.arms()[run.arm - 1]),
                     seeds_.seeds()[run.seed]);
}

Status TableReader::Rows::error_of(const RunTally& run, std::string_view what) const {
  return TablePlace::error_at(place_.path, run.line, run_text(run) + ", which begins here, " + std::string(what));
}

Status TableReader::Rows::check_whole() const {
  if (rows_ == 0) return TablePlace::error_at(place_.path, 2, "no rows below the header line; add results");
  if (classes_.names().size() < 2)
    return TablePlace::error_at(
        place_.path, classes_.first_line(0),
        fmt::format("every row has the class {}; at least two classes are needed", in_quotes(classes_.names()[0])));
  if (arms_.arms().empty())
    return TablePlace::error_at(place_.path, place_.line,
                                "no method besides the baseline; there is nothing to compare");
  return absl::OkStatus();
}

// A class that was predicted must be some example's label.
Status TableReader::Rows::check_labels() const {
  std::vector<bool> is_label(classes_.names().size());
  for (const RunTally& run : tally_.runs())
    for (size_t c = 0; c < run.classes.size(); ++c) is_label[c] = is_label[c] || run.classes[c].total > 0;
  const auto unknown = std::find(is_label.begin(), is_label.end(), false);
  if (unknown == is_label.end()) return absl::OkStatus();
  const auto c = static_cast<size_t>(unknown - is_label.begin());
  return TablePlace::error_at(
      place_.path, classes_.first_line(c),
      fmt::format("the prediction {} is the label of no row; write labels and predictions alike",
                  in_quotes(classes_.names()[c])));
}

Status TableReader::Rows::check_classes(const RunTally& run) const {
  for (size_t c = 0; c < classes_.names().size(); ++c) {
    const std::string name = in_quotes(classes_.names()[c]);
    const int64_t total = c < run.classes.size() ? run.classes[c].total : 0;
    if (total == 0)
      return error_of(run,
                      fmt::format("has no row of class {} (first met in line {}); every seed of every method needs "
                                  "all classes",
                                  name, classes_.first_line(c)));
    if (total == 1)
      return error_of(run,
                      fmt::format("has one example of class {}; two are the least that a variance can be estimated "
                                  "from",
                                  name));
  }
  return absl::OkStatus();
}

Status TableReader::Rows::check_totals(const RunTally& run, const RunTally& first) const {
  for (size_t c = 0; c < run.classes.size(); ++c) {
    const ClassTally &one = run.classes[c], &other = first.classes[c];
    if (one.total == other.total) continue;
    return TablePlace::error_at(
        place_.path, one.line,
        fmt::format(
            "{} has {} test examples of class {}, but {} has {} (line {}); all methods of a seed must be tested "
            "on the same examples",
            run_text(run), one.total, in_quotes(classes_.names()[c]), run_text(first), other.total, other.line));
  }
  return absl::OkStatus();
}

Status TableReader::Rows::check_runs() const {
  std::vector<const RunTally*> first_of_seed(seeds_.seeds().size());
  bool has_baseline = false;
  for (const RunTally& run : tally_.runs()) {
    EV_RETURN_IF_ERROR(check_classes(run));
    const RunTally*& first = first_of_seed[run.seed];
    if (first == nullptr) first = &run;
    EV_RETURN_IF_ERROR(check_totals(run, *first));
    has_baseline = has_baseline || run.arm == 0;
  }
  if (has_baseline) return absl::OkStatus();
  std::vector<std::string> methods;
  for (const Arm& arm : arms_.arms()) methods.push_back(arm.method);
  const auto near = nearest_name(kBaseline, methods);
  return TablePlace::error_at(
      place_.path, place_.line,
      fmt::format("no row has the method \"baseline\"{}; without its results there is nothing to "
                  "compare with",
                  near ? ", is it " + in_quotes(*near) + "?" : ""));
}

// Of each class, as a label: a prediction may name it earlier.
std::vector<int64_t> TableReader::Rows::first_rows() const {
  std::vector<int64_t> lines(classes_.names().size(), INT64_MAX);
  for (const RunTally& run : tally_.runs())
    for (size_t c = 0; c < run.classes.size(); ++c) lines[c] = std::min(lines[c], run.classes[c].line);
  return lines;
}

TableRun TableReader::Rows::run_of(const RunTally& tally, const std::vector<size_t>& ranks) const {
  const size_t classes = ranks.size();
  TableRun run{.arm = tally.arm, .seed = tally.seed, .counts = {}};
  run.counts.correct.resize(classes);
  run.counts.total.resize(classes);
  for (size_t c = 0; c < classes; ++c) {
    run.counts.correct[ranks[c]] = tally.classes[c].correct;
    run.counts.total[ranks[c]] = tally.classes[c].total;
  }
  if (columns_->form != TableForm::kPredictions || classes > kMostConfusedClasses) return run;
  ConfusionMatrix matrix{.classes = static_cast<int64_t>(classes), .counts = std::vector<int64_t>(classes * classes)};
  for (size_t truth = 0; truth < std::min(classes, tally.stride); ++truth)
    for (size_t predicted = 0; predicted < std::min(classes, tally.stride); ++predicted)
      matrix.counts[ranks[truth] * classes + ranks[predicted]] = tally.confusions[truth * tally.stride + predicted];
  run.counts.confusions = std::move(matrix);
  return run;
}

StatusOr<ResultsTable> TableReader::Rows::finish() {
  EV_RETURN_IF_ERROR(placed(records_.finish()));
  if (empty_ || !columns_)
    return absl::InvalidArgumentError(place_.path + ": the file is empty; it needs a header line and rows");
  EV_RETURN_IF_ERROR(check_whole());
  EV_RETURN_IF_ERROR(check_labels());
  EV_RETURN_IF_ERROR(check_runs());
  ResultsTable table;
  table.source = {.path = place_.path, .sha256 = hash_.hex(), .form = table_form_name(columns_->form), .rows = rows_};
  table.arms = arms_.arms();
  table.seeds = seeds_.seeds();
  const std::vector<size_t> ranks = classes_.ranks(first_rows());
  table.classes.resize(ranks.size());
  for (size_t c = 0; c < ranks.size(); ++c) table.classes[ranks[c]] = classes_.names()[c];
  for (const RunTally& tally : tally_.runs()) table.runs.push_back(run_of(tally, ranks));
  return table;
}

TableReader::TableReader(std::string path) : rows_(std::make_unique<Rows>(std::move(path))) {}
TableReader::~TableReader() = default;
Status TableReader::append(std::string_view bytes) { return rows_->append(bytes); }
StatusOr<ResultsTable> TableReader::finish() { return rows_->finish(); }

StatusOr<ResultsTable> read_table(const std::string& path) {
  TableReader reader(path);
  EV_RETURN_IF_ERROR(read_in_pieces(path, [&reader](std::string_view piece) { return reader.append(piece); }));
  return reader.finish();
}

}  // namespace evensweep

// Files of data, tables of results and checkpoints.

#include <algorithm>

#include "agent/trainer/checkpoint.h"
#include "common/base/hash.h"
#include "common/dataset/cifar10.h"
#include "common/dataset/csv.h"
#include "common/dataset/dataset.h"
#include "common/dataset/text_rows.h"
#include "sweeps/table/table.h"
#include "tests/fuzz/target.h"

namespace evensweep::fuzz {
namespace {

void check(const Dataset& dataset) {
  expect(dataset.labels.size() == static_cast<size_t>(dataset.rows), "each row has a label");
  for (const uint16_t label : dataset.labels) expect(label < dataset.class_names.size(), "each label has a name");
  expect(dataset.features.size() == static_cast<size_t>(dataset.rows * dataset.width), "each row has its features");
  // Divided as a sweep would divide it.
  DatasetSpec spec{.name = "fuzz", .split = {.validation_fraction = 0.2, .test_fraction = 0.25}};
  const StatusOr<SplitRows> split = split_rows(spec, dataset, 7);
  if (!split.ok()) return;
  expect(split->train.size() + split->validation.size() + split->test.size() == static_cast<size_t>(dataset.rows),
         "each row is in one split");
}

// The first byte says how the columns are meant.
CsvColumns columns_of(char first) {
  CsvColumns columns{.label = "label", .features = {}};
  if (first & 1) columns.categorical = {"colour"};
  return columns;
}

}  // namespace

void csv_data(std::string_view input) {
  if (input.empty()) return;
  Dataset dataset;
  const CsvColumns columns = columns_of(input[0]);
  CsvReader reader(columns, dataset);
  const std::string_view text = input.substr(1);
  // In two files, the second without what the first one taught about columns.
  const size_t half = input[0] & 2 ? text.size() / 2 : text.size();
  if (!reader.read("one.csv", text.substr(0, half)).ok()) return;
  if (half < text.size() && !reader.read("two.csv", text.substr(half)).ok()) return;
  if (reader.finish().ok()) check(dataset);
}

void text_data(std::string_view input) {
  if (input.empty()) return;
  Dataset dataset;
  const CsvColumns columns{.label = "label", .features = {"name"}};
  TextSpec spec{.max_length = 40, .cut = (input[0] & 2) != 0};
  if (input[0] & 1) spec.preprocessing = kPeiferText;
  expect(check_alphabet(spec.alphabet).ok(), "the alphabet is one");
  (void)check_alphabet(input.substr(1));
  TextRows texts(spec, dataset);
  CsvReader reader(columns, dataset, &texts);
  if (!reader.read("names.csv", input.substr(1)).ok() || !reader.finish().ok()) return;
  texts.finish();
  expect(dataset.text_begins.size() == static_cast<size_t>(dataset.rows) + 1, "each row has its text");
  expect(std::ranges::is_sorted(dataset.text_begins), "texts follow one another");
  expect(dataset.text_begins.back() == dataset.characters.size(), "all characters belong to texts");
  for (const uint8_t character : dataset.characters)
    expect(character < dataset.symbols, "all characters are in the alphabet");
}

void cifar10_data(std::string_view input) {
  Dataset dataset;
  if (!append_cifar10("batch.bin", input, dataset).ok()) return;
  expect(dataset.pixels.size() == static_cast<size_t>(dataset.rows) * 3 * 32 * 32, "each row has its pixels");
  for (const uint16_t label : dataset.labels) expect(label < 10, "labels are those of ten classes");
}

// In pieces of a size that the first byte says: where they are cut must not matter.
void results_table(std::string_view input) {
  if (input.empty()) return;
  const size_t piece = 1 + static_cast<uint8_t>(input[0]);
  const std::string_view text = input.substr(1);
  const auto read = [text](size_t size) -> StatusOr<ResultsTable> {
    TableReader reader("t.csv");
    for (size_t at = 0; at < text.size(); at += size) EV_RETURN_IF_ERROR(reader.append(text.substr(at, size)));
    return reader.finish();
  };
  const StatusOr<ResultsTable> whole = read(text.size() + 1), pieces = read(piece);
  expect(whole.status() == pieces.status(), "a table says the same in pieces");
  if (!whole.ok()) return;
  expect(whole->runs.size() == pieces->runs.size(), "a table has as many runs in pieces");
  (void)results_of(*whole, AnalysisSpec{});
}

// The file as it is; or, after a first byte of 0, a header, a line end and the tensors, with magic, length and digest
// made right: what a hostile file with a right digest does is what is to be seen.
void checkpoint(std::string_view input) {
  std::string file(input);
  if (input.starts_with('\0')) {
    const size_t end = std::min(input.find('\n'), input.size());
    const std::string_view header = input.substr(1, end - std::min<size_t>(end, 1));
    file = std::string("EVSWCKP\x01", 8);
    for (size_t i = 0; i < 8; ++i) file += static_cast<char>(header.size() >> (8 * i) & 0xff);
    file += header;
    if (end < input.size()) file += input.substr(end + 1);
    file += sha256_hex(file);
  }
  const StatusOr<Checkpoint> read = decode_checkpoint(file);
  if (!read.ok()) return;
  const std::string again = encode_checkpoint(*read);
  expect(decode_checkpoint(again).ok(), "a checkpoint that was read can be written and read");
  expect(encode_checkpoint(*decode_checkpoint(again)) == again, "what was read is what was written");
}

}  // namespace evensweep::fuzz

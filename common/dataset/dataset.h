#pragma once
// Reading and dividing data sets, without libtorch: the coordinator counts classes and finds bad files before anything
// is trained; the trainer reads the very same rows.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/model/spec.h"

namespace evensweep {

// All rows of a data set in memory: those of the train files, then the validation files, then the test files, each in
// file order. Exactly one of `features`, `pixels` and `characters` is filled.
struct Dataset {
  int64_t rows = 0;
  // csv: rows x width, row-major: numbers as the file has them (not standardised), NaN where one is missing; of a
  // categorical column the position of the name in `levels`.
  std::vector<float> features;
  int64_t width = 0;            // csv: number of features
  std::vector<uint8_t> pixels;  // images: rows x channels x height x width, 0..255
  int64_t channels = 0, height = 0, image_width = 0;
  std::vector<uint8_t> characters;    // text: the indices (TextSpec::alphabet) of all texts, one after the other
  std::vector<uint64_t> text_begins;  // text: rows + 1, where in `characters` each begins; the last is their end
  int64_t symbols = 0;                // text: how many indices there are, that of padding included
  uint8_t space = 0;                  // text: the index of the space; 0: it is not in the alphabet
  std::vector<uint16_t> labels;       // rows, index into class_names
  std::vector<std::string> class_names;
  std::vector<std::string> feature_names;                 // csv
  std::vector<DataFact> facts;                            // what reading it did that a reader of results should know
  std::vector<std::vector<std::string>> levels;           // csv: of each feature, its names by bytes; none: numbers
  CsvColumns columns;                                     // csv: how it was read
  int64_t train_file_rows = 0, validation_file_rows = 0;  // the rest are rows of test files
};

// Row indices into a Dataset, each ascending.
struct SplitRows {
  std::vector<uint32_t> train, validation, test;
};

// Reads the files of `spec` at their `path`s. InvalidArgument names file:line:column and what is wrong: a ragged or
// empty csv, a cell that is not a number, a label column that isn't there, a truncated CIFAR batch, a label out of
// range, one class only.
StatusOr<Dataset> load_dataset(const DatasetSpec& spec);

// A pure function of the spec, the labels and the seed (spec.split.seed where that is given). Stratified: how many rows
// of each class go where depends on the class sizes alone, never on the seed. InvalidArgument names each class that a
// split would lack.
StatusOr<SplitRows> split_rows(const DatasetSpec& spec, const Dataset& dataset, uint64_t seed);

// Class names and counts in each split; the same for every seed.
StatusOr<ClassTable> count_classes(const DatasetSpec& spec, const Dataset& dataset);

// Where a file named in a sweep is: in the first of these folders that holds it: `data_dir` (--data), `environment_dir`
// (EVENSWEEP_DATA), `sweep_dir` (the folder of the sweep file); an absolute path is taken as it is. NotFound lists the
// places tried.
StatusOr<std::string> find_data_file(const std::string& path, std::span<const std::string> folders_in_order);

}  // namespace evensweep

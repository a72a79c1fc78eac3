#pragma once

#include <string>
#include <type_traits>
#include <vector>

#include "common/model/spec.h"

namespace evensweep {

// Every file that a run reads: those of the data set (training, validation, test), then that of its model.
template <typename Dataset, typename Model>
auto all_files(Dataset& dataset, Model& model) {
  using File = std::conditional_t<std::is_const_v<Dataset>, const DataFile, DataFile>;
  std::vector<File*> files;
  for (auto* list : {&dataset.train_files, &dataset.validation_files, &dataset.test_files})
    for (File& file : *list) files.push_back(&file);
  if (model.file) files.push_back(&*model.file);
  return files;
}

// Their SHA-256 sums, in that order.
template <typename Dataset, typename Model>
std::vector<std::string> all_file_sums(const Dataset& dataset, const Model& model) {
  std::vector<std::string> sums;
  for (const DataFile* file : all_files(dataset, model)) sums.push_back(file->sha256);
  return sums;
}

}  // namespace evensweep

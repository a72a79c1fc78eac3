#pragma once

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

}  // namespace evensweep

#pragma once
// Small data sets made up for tests, and run specs that use them.

#include <string>

#include "common/model/spec.h"

namespace evensweep {

// A folder of this test's own, empty, removed when the test ends well.
class TestFolder {
 public:
  TestFolder();
  ~TestFolder();
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Three classes of points around three corners, `rows_of_class` each, four features, one of them constant.
DataFile write_points_csv(const std::string& folder, int rows_of_class);
// Images of ten classes, `images_of_class` each: noise with a brighter stripe whose height tells the class.
DataFile write_striped_images(const std::string& folder, const std::string& name, int images_of_class, uint64_t seed);

// An MLP with dropout, trained with Adam on points: 3 epochs of a few steps.
RunSpec points_run(const std::string& folder);
// A CNN, trained with SGD and augmentation on striped images: 2 epochs of a few steps.
RunSpec images_run(const std::string& folder, const std::string& model);

// A small ConvLSTM, trained with Adam on names of three classes whose parts are swapped: 3 epochs of a few steps.
RunSpec names_run(const std::string& folder);

// The task line that trains this run.
std::string task_line(const RunSpec& spec, const std::string& work_dir);

}  // namespace evensweep

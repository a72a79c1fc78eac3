#pragma once
// SMOTE between what the network makes of examples: a new example is the mean of two others' inputs of the last layer.
// The rule is in docs/methods.md.

#include <cstdint>
#include <span>
#include <vector>

#include "agent/trainer/evaluation.h"
#include "agent/trainer/examples.h"
#include "agent/trainer/model.h"

namespace evensweep {

class FeatureSmote {
 public:
  // `quota[c]`: rows of class c in an epoch. The examples must outlive it.
  FeatureSmote(const Examples& examples, std::vector<int64_t> quota, int64_t neighbours, uint64_t seed);

  // The rows of an epoch, in no particular order: as many of each class as its quota says. Rows that a class does not
  // have are new ones, with numbers from first_new on until the next call. Neighbours are found by the model as it is
  // at the first call.
  std::vector<uint32_t> epoch_rows(Model& model, const Execution& execution, int64_t epoch);

  struct Batch {
    std::vector<uint32_t> rows;    // of the data set: those of the batch, a new one's first parent in its place, then
                                   // the second parents
    std::optional<Mixing> mixing;  // absent: no row is new
  };
  Batch batch(std::span<const uint32_t> rows) const;

  // The neighbours, -1 until they are found, for a checkpoint.
  const std::vector<NamedTensor>& state() const { return state_; }

 private:
  struct Parents {
    uint32_t first = 0, second = 0;
    float step = 0;  // from the first to the second
  };
  void find_neighbours(Model& model, const Execution& execution);
  int64_t lacking(size_t c) const;  // rows that are new

  const Examples& examples_;
  std::vector<int64_t> quota_;
  int64_t neighbours_;
  uint64_t seed_;
  std::vector<std::vector<uint32_t>> rows_;  // of each class
  uint32_t first_new_;
  std::vector<Parents> parents_;    // of this epoch's new rows
  std::vector<NamedTensor> state_;  // for each class with new rows [rows, k]: positions in the class
};

}  // namespace evensweep

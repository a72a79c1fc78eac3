#pragma once
// What is needed to go on with a training as if it had never stopped, and its file format. Knows no libtorch.
//
// Everything random is a pure function of (seed, purpose, epoch, step), so no generator state is kept.
//
// Layout: "EVSWCKP\x01", header length (uint64, little-endian), header (JSON), the tensors' bytes in the order of the
// header's table, SHA-256 of all before it in 64 hexadecimal digits.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "common/model/result.h"

namespace evensweep {

// Where a training is: `step` optimizer steps of epoch `epoch` (from 0) are done. With all steps of an epoch done, its
// evaluation is still to come; with all epochs done, only that on the test rows.
struct Position {
  int64_t epoch = 0;
  int64_t step = 0;
  friend auto operator<=>(const Position&, const Position&) = default;
};

struct SavedTensor {
  std::string name;
  std::string dtype;  // float32, ...
  std::vector<int64_t> shape;
  std::string bytes;  // contiguous, row-major, little-endian
  friend bool operator==(const SavedTensor&, const SavedTensor&) = default;
};

struct Checkpoint {
  RunKey run;
  std::string libtorch;  // version; numbers of another one would not go together
  Position position;
  int64_t optimizer_steps = 0;
  double epoch_loss_sum = 0;  // over the examples of the epoch so far
  double train_seconds = 0, evaluate_seconds = 0;
  std::vector<CurvePoint> curve;
  std::vector<SavedTensor> tensors;
};

std::string encode_checkpoint(const Checkpoint& checkpoint);
// DataLoss says what is wrong with the file: it is truncated, altered, or of another version. Never throws.
StatusOr<Checkpoint> decode_checkpoint(std::string_view file);

}  // namespace evensweep

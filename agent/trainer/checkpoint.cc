#include "agent/trainer/checkpoint.h"

#include <algorithm>
#include <utility>

#include "common/base/hash.h"
#include "common/model/json.h"
#include "common/model/json_fields.h"

namespace evensweep {
namespace {

constexpr std::string_view kMagic("EVSWCKP\x01", 8);
constexpr size_t kLengthSize = 8;
constexpr size_t kDigestSize = 64;

std::string little_endian(uint64_t value) {
  std::string bytes;
  for (size_t i = 0; i < kLengthSize; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
  return bytes;
}

uint64_t from_little_endian(std::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = kLengthSize; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

Json header_of(const Checkpoint& checkpoint) {
  Json curve = Json::array();
  for (const CurvePoint& point : checkpoint.curve)
    curve.push_back({{"epoch", point.epoch},
                     {"train_loss", point.train_loss},
                     {"validation_accuracy", point.validation_accuracy},
                     {"lr", point.lr}});
  Json tensors = Json::array();
  for (const SavedTensor& tensor : checkpoint.tensors)
    tensors.push_back(
        {{"name", tensor.name}, {"dtype", tensor.dtype}, {"shape", tensor.shape}, {"size", tensor.bytes.size()}});
  return {{"run", checkpoint.run.str()},
          {"libtorch", checkpoint.libtorch},
          {"epoch", checkpoint.position.epoch},
          {"step", checkpoint.position.step},
          {"optimizer_steps", checkpoint.optimizer_steps},
          {"epoch_loss_sum", checkpoint.epoch_loss_sum},
          {"train_seconds", checkpoint.train_seconds},
          {"evaluate_seconds", checkpoint.evaluate_seconds},
          {"curve", std::move(curve)},
          {"tensors", std::move(tensors)}};
}

// Takes the next `size` bytes of the tensors' part.
std::string take(std::string_view& bytes, uint64_t size, Fields& fields) {
  if (size > bytes.size()) {
    fields.fail("size", "is more than the file holds");
    return {};
  }
  std::string taken(bytes.substr(0, size));
  bytes.remove_prefix(size);
  return taken;
}

Checkpoint read_header(const Json& json, std::string_view bytes, Status& status) {
  Fields fields(json, "header", status);
  Checkpoint checkpoint{.run = RunKey(fields.text("run")),
                        .libtorch = fields.text("libtorch"),
                        .position = {.epoch = fields.integer("epoch", 0), .step = fields.integer("step", 0)},
                        .optimizer_steps = fields.integer("optimizer_steps", 0),
                        .epoch_loss_sum = fields.number("epoch_loss_sum"),
                        .train_seconds = fields.number("train_seconds", 0),
                        .evaluate_seconds = fields.number("evaluate_seconds", 0)};
  for (const Json& item : fields.array("curve")) {
    Fields point(item, "header.curve", status);
    checkpoint.curve.push_back({.epoch = point.integer("epoch", 1),
                                .train_loss = point.number("train_loss"),
                                .validation_accuracy = point.number("validation_accuracy", 0, 1),
                                .lr = point.number("lr", 0)});
  }
  for (const Json& item : fields.array("tensors")) {
    Fields tensor(item, "header.tensors", status);
    SavedTensor saved{.name = tensor.text("name"), .dtype = tensor.text("dtype"), .shape = tensor.integers("shape", 0)};
    saved.bytes = take(bytes, tensor.unsigned_integer("size"), tensor);
    checkpoint.tensors.push_back(std::move(saved));
  }
  if (!bytes.empty()) fields.fail("tensors", "do not cover the file");
  return checkpoint;
}

Status damaged(std::string_view what) { return absl::DataLossError("checkpoint: " + std::string(what)); }

}  // namespace

std::string encode_checkpoint(const Checkpoint& checkpoint) {
  const std::string header = header_of(checkpoint).dump();
  std::string file(kMagic);
  file += little_endian(header.size());
  file += header;
  for (const SavedTensor& tensor : checkpoint.tensors) file += tensor.bytes;
  file += sha256_hex(file);
  return file;
}

StatusOr<Checkpoint> decode_checkpoint(std::string_view file) {
  if (!file.starts_with(kMagic)) return damaged("not a checkpoint of this version of the trainer");
  if (file.size() < kMagic.size() + kLengthSize + kDigestSize) return damaged("truncated");
  const std::string_view content = file.substr(0, file.size() - kDigestSize);
  if (sha256_hex(content) != file.substr(content.size()))
    return damaged("truncated or altered: its SHA-256 does not match");
  const uint64_t length = from_little_endian(content.substr(kMagic.size()));
  const std::string_view rest = content.substr(kMagic.size() + kLengthSize);
  if (length > rest.size()) return damaged("its header is longer than the file");
  EV_ASSIGN_OR_RETURN(const Json json, parse_json(rest.substr(0, length), "checkpoint header"));
  Status status;
  Checkpoint checkpoint = read_header(json, rest.substr(length), status);
  if (!status.ok()) return damaged(std::string(status.message()));
  return checkpoint;
}

}  // namespace evensweep

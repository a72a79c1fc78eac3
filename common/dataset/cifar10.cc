#include "common/dataset/cifar10.h"

#include <fmt/format.h>

#include <filesystem>

#include "common/base/file.h"
#include "common/base/text.h"

namespace evensweep {
namespace {

constexpr size_t kPixels = 3 * 32 * 32;
constexpr size_t kRecord = 1 + kPixels;
constexpr size_t kClasses = 10;

Status check_size(const std::string& path, size_t size) {
  if (size == 0) return absl::InvalidArgumentError(path + ": the file is empty; copy the batch again");
  if (size % kRecord == 0) return absl::OkStatus();
  const size_t below = size / kRecord, above = below + 1;
  const size_t nearest = size - below * kRecord < above * kRecord - size && below > 0 ? below : above;
  return absl::InvalidArgumentError(
      fmt::format("{}: {} bytes are no whole number of {}-byte records; {} records are {} bytes; copy the batch again",
                  path, size, kRecord, nearest, nearest * kRecord));
}

}  // namespace

Status append_cifar10(const std::string& path, std::string_view bytes, Dataset& into) {
  EV_RETURN_IF_ERROR(check_size(path, bytes.size()));
  const size_t records = bytes.size() / kRecord;
  into.channels = 3;
  into.height = into.image_width = 32;
  into.pixels.reserve(into.pixels.size() + records * kPixels);
  into.labels.reserve(into.labels.size() + records);
  for (size_t i = 0; i < records; ++i) {
    const auto* record = reinterpret_cast<const uint8_t*>(bytes.data()) + i * kRecord;
    if (record[0] >= kClasses)
      return absl::InvalidArgumentError(fmt::format(
          "{}: record {} (byte {}) has the label {}, not 0 to 9; is this a CIFAR-10 batch of the binary version?", path,
          i + 1, i * kRecord, record[0]));
    into.labels.push_back(record[0]);
    into.pixels.insert(into.pixels.end(), record + 1, record + kRecord);
  }
  into.rows += static_cast<int64_t>(records);
  return absl::OkStatus();
}

StatusOr<std::vector<std::string>> cifar10_class_names(const std::string& data_path) {
  const std::string path = (std::filesystem::path(data_path).parent_path() / "batches.meta.txt").string();
  const StatusOr<std::string> text = read_file(path);
  if (absl::IsNotFound(text.status()))
    return std::vector<std::string>{"airplane", "automobile", "bird",  "cat",  "deer",
                                    "dog",      "frog",       "horse", "ship", "truck"};
  EV_RETURN_IF_ERROR(text.status());
  std::vector<std::string> names;
  for (std::string_view rest = *text; !rest.empty();) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view name = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (name.ends_with('\r')) name.remove_suffix(1);
    if (!valid_utf8(name))
      return absl::InvalidArgumentError(
          fmt::format("{}: the class name {} is not UTF-8; restore the file", path, in_quotes(name)));
    if (!name.empty()) names.emplace_back(name);
  }
  if (names.size() == kClasses) return names;
  return absl::InvalidArgumentError(
      fmt::format("{}: {} class names, not {}; restore the file or take it away", path, names.size(), kClasses));
}

}  // namespace evensweep

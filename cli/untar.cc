#include "cli/untar.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>

#include "common/base/file.h"

namespace evensweep {
namespace {

constexpr size_t kBlock = 512;
// Places in a header block (POSIX.1-1988, ustar).
constexpr size_t kNameLength = 100, kSizeAt = 124, kSizeLength = 12, kTypeAt = 156;

class Unpacking {
 public:
  Unpacking(const std::string& path, gzFile file) : path_(path), file_(file, ::gzclose) {}

  Status run(const PlaceOfMember& place) {
    std::array<char, kBlock> header{};
    while (true) {
      EV_RETURN_IF_ERROR(read(header.data(), kBlock));
      if (std::all_of(header.begin(), header.end(), [](char c) { return c == 0; })) return absl::OkStatus();
      EV_ASSIGN_OR_RETURN(const int64_t size, size_of(header));
      const char type = header[kTypeAt];
      const std::string name(header.data(), ::strnlen(header.data(), kNameLength));
      const bool regular = type == '0' || type == '\0';
      EV_RETURN_IF_ERROR(take(size, regular ? place(name.substr(name.rfind('/') + 1), size) : ""));
    }
  }

 private:
  Status damaged(const char* what) const {
    return absl::DataLossError(fmt::format("{}: {}; fetch it again", path_, what));
  }
  Status read(char* into, size_t count) {
    const int got = ::gzread(file_.get(), into, static_cast<unsigned>(count));
    return got == static_cast<int>(count) ? absl::OkStatus() : damaged("the archive is cut off or damaged");
  }
  StatusOr<int64_t> size_of(const std::array<char, kBlock>& header) const {
    int64_t size = 0;
    for (size_t i = kSizeAt; i + 1 < kSizeAt + kSizeLength && header[i] != '\0' && header[i] != ' '; ++i) {
      if (header[i] < '0' || header[i] > '7') return damaged("no tar archive");
      size = size * 8 + (header[i] - '0');
    }
    return size;
  }
  // Moves on behind a member, writing it to `path` unless that is empty.
  Status take(int64_t size, const std::string& path) {
    std::ofstream out;
    if (!path.empty()) out.open(path, std::ios::binary | std::ios::trunc);
    std::array<char, kBlock> block{};
    for (int64_t left = size; left > 0; left -= static_cast<int64_t>(kBlock)) {
      EV_RETURN_IF_ERROR(read(block.data(), kBlock));
      if (!path.empty()) out.write(block.data(), std::min<int64_t>(left, kBlock));
    }
    if (path.empty()) return absl::OkStatus();
    out.close();
    if (out) return absl::OkStatus();
    return absl::InternalError("cannot write " + path + "; is the disk full?");
  }

  std::string path_;
  std::unique_ptr<gzFile_s, decltype(&::gzclose)> file_;
};

}  // namespace

Status untar(const std::string& archive, const PlaceOfMember& place) {
  gzFile file = ::gzopen(archive.c_str(), "rb");
  if (file == nullptr) return errno_status(errno, "cannot read " + archive);
  ::gzbuffer(file, 1 << 17);
  return Unpacking(archive, file).run(place);
}

}  // namespace evensweep

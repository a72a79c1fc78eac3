#pragma once
// A folder of files that are known by their SHA-256 alone: FOLDER/ab/abcd..., and abcd....part while one arrives.
//
// A file is seen only when it is whole, has its digest and is on disk. What has arrived of it stays for the next try.
// Names are made of checked digests, and no symbolic link below the folder is ever followed. All methods may be called
// from any thread; they block on the disk.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/descriptor.h"
#include "common/base/status.h"

namespace evensweep {

struct BlobLimits {
  uint64_t most_bytes = UINT64_MAX;         // of all files together, parts included
  uint64_t most_blob = uint64_t{16} << 30;  // of one file
  uint64_t keep_free = 0;                   // of the disk: nothing is taken that would leave less
};

// A gibibyte, or a twentieth of the disk that holds `path`: what is little on a large disk may be all of a small one.
uint64_t space_to_keep(const std::string& path);

class BlobFolder {
 public:
  struct State {
    bool complete = false;
    uint64_t bytes = 0;  // that are there
  };
  struct Entry {
    std::string sha256;
    uint64_t bytes = 0;
    int64_t used_at = 0;  // Unix seconds: when it was made, or last asked for
    bool complete = false;
  };
  class Reader;
  class Writer;

  // Makes the folder where it is missing. One process uses it at a time: that is the caller's affair.
  static StatusOr<std::unique_ptr<BlobFolder>> open(const std::string& path, BlobLimits limits);

  // How much of the file is there; a complete one counts as used now. InvalidArgument for what is no digest.
  StatusOr<State> stat(std::string_view sha256);
  // NotFound unless it is complete.
  StatusOr<Reader> read(std::string_view sha256);
  // Takes the file in, from `offset` on, which must be where its part ends (OutOfRange says where that is). A writer
  // of the same file that is under way is cut off: its next call is Aborted. AlreadyExists if the file is complete,
  // ResourceExhausted if it is too large or there is no room for it.
  StatusOr<Writer> write(std::string_view sha256, uint64_t bytes, uint64_t offset);
  // Not being there is fine. A writer that is under way is cut off.
  Status remove(std::string_view sha256);

  // Everything that is there, least recently used first.
  StatusOr<std::vector<Entry>> list();
  uint64_t used() const;
  // Removes what is not in `keep`, least recently used first, until `bytes` more fit. ResourceExhausted if they can't.
  Status make_room(uint64_t bytes, const std::set<std::string>& keep);
  // Removes what is not in `keep` and was not used since `before` (Unix seconds). The number of bytes removed.
  StatusOr<uint64_t> collect(const std::set<std::string>& keep, int64_t before);

  // Where a complete file is.
  std::string path_of(std::string_view sha256) const;

 private:
  struct Upload;

  BlobFolder(std::string path, Descriptor root, BlobLimits limits);
  StatusOr<Descriptor> subfolder(std::string_view sha256, bool make) const;
  StatusOr<Descriptor> open_file(std::string_view sha256, bool part, int flags) const;
  Status list_subfolder(const std::string& name, std::vector<Entry>& entries) const;
  Status check_room(uint64_t more) const;
  Status take_over(const std::shared_ptr<Upload>& upload);
  Status append(Upload& upload, std::string_view bytes);
  Status complete(Upload& upload, const std::function<bool()>& stopped);
  void remove_file(std::string_view sha256, bool part, uint64_t bytes);
  void add_used(int64_t bytes);

  const std::string path_;
  const Descriptor root_;
  const BlobLimits limits_;
  mutable std::mutex mutex_;  // guards what follows; taken after an upload's own
  uint64_t used_ = 0;
  std::map<std::string, std::weak_ptr<Upload>, std::less<>> uploads_;
};

class BlobFolder::Reader {
 public:
  uint64_t size() const { return size_; }
  // From `offset` on, fewer than `most` bytes only at the end of the file. DataLoss if the file has become shorter.
  StatusOr<std::string> read(uint64_t offset, size_t most) const;

 private:
  friend class BlobFolder;
  Reader(Descriptor file, uint64_t size, std::string name)
      : file_(std::move(file)), size_(size), name_(std::move(name)) {}
  Descriptor file_;
  uint64_t size_;
  std::string name_;
};

// One way in. What it has taken stays when it goes.
class BlobFolder::Writer {
 public:
  uint64_t size() const;  // that have arrived
  // InvalidArgument beyond the announced size, Aborted when cut off, ResourceExhausted for the lack of room.
  Status append(std::string_view bytes);
  // Checks the digest and makes the file seen; `stopped` is asked now and then and ends it with Cancelled. OutOfRange
  // if bytes are still missing; DataLoss if the digest is another one: the part is gone then.
  Status finish(const std::function<bool()>& stopped = [] { return false; });

 private:
  friend class BlobFolder;
  Writer(BlobFolder& folder, std::shared_ptr<Upload> upload) : folder_(&folder), upload_(std::move(upload)) {}
  BlobFolder* folder_;
  std::shared_ptr<Upload> upload_;
};

}  // namespace evensweep

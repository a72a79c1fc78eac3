#pragma once
// The client of the Files service (docs/format/files.md): agents and the command line alike.

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/blob_folder.h"
#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/model/link.h"
#include "common/model/spec.h"
#include "evensweep/v1/files.grpc.pb.h"

namespace evensweep {

// A file to send, as it was when it was opened: who replaces it by another changes nothing.
struct SourceFile {
  Descriptor file;
  BlobRef blob;
  // With the digest of its content.
  static StatusOr<SourceFile> open(const std::string& path);
};

struct TransferPatience {
  uint32_t most_failures = 20;                   // in a row, without a byte of progress
  Duration first_wait{200}, longest_wait{5000};  // before the next try; doubled each time
  Duration call_limit{300000};                   // of one call; what it did not do the next one does
};

// All calls block, and go on where they were after any break. One thread at a time, but for cancel().
class FileTransfer {
 public:
  explicit FileTransfer(std::shared_ptr<grpc::Channel> channel, TransferPatience patience = {});

  // Sends the file unless the coordinator has it. DataLoss if the content is not what the digest says,
  // ResourceExhausted if there is no room for it, Unavailable if the coordinator is not reached for too long.
  Status upload(const SourceFile& source);
  // Sends those that the coordinator lacks; the number of them. A file that has changed since its digest was taken is
  // named.
  StatusOr<size_t> upload_missing(const std::vector<const DataFile*>& files);
  // Brings the file into the folder unless it is there. `make_room` is told once how many bytes will come. NotFound if
  // the coordinator does not have it; DataLoss if it is damaged there.
  Status fetch(
      const std::string& sha256, BlobFolder& into,
      const std::function<Status(uint64_t bytes)>& make_room = [](uint64_t) { return absl::OkStatus(); });
  // A small file, or its last `most` bytes.
  StatusOr<std::string> read_end(const std::string& sha256, uint64_t most);

  // From any thread: ends what is under way and all that comes with Cancelled.
  void cancel();

 private:
  class Call;
  struct Sent;

  Status persist(const std::function<Status(bool& moved)>& attempt);
  bool wait(uint32_t failures);
  Status upload_once(const SourceFile& source, Sent& sent, bool& moved);
  Status put(const SourceFile& source, uint64_t offset);
  Status fetch_once(const std::string& sha256, BlobFolder& into, const std::function<Status(uint64_t)>& make_room,
                    bool& moved);
  StatusOr<v1::FileState> stat(const std::string& sha256);

  std::unique_ptr<v1::Files::Stub> stub_;
  TransferPatience patience_;
  std::mutex mutex_;  // guards the rest
  std::condition_variable cancelled_changed_;
  bool cancelled_ = false;
  grpc::ClientContext* under_way_ = nullptr;
};

}  // namespace evensweep

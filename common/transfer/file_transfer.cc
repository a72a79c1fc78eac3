#include "common/transfer/file_transfer.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "common/base/file.h"
#include "common/base/hash.h"

namespace evensweep {
namespace {

constexpr size_t kChunk = 128 << 10;

Status status_of(const grpc::Status& status) {  // the codes are the same numbers
  return {static_cast<absl::StatusCode>(status.error_code()), status.error_message()};
}

// Whether the next try may go better. OutOfRange: the part has grown or gone since it was looked at.
bool is_passing(const Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown: return true;
    default: return false;
  }
}

StatusOr<std::string> piece_of(const SourceFile& source, uint64_t offset) {
  std::string bytes(static_cast<size_t>(std::min<uint64_t>(kChunk, source.blob.bytes - offset)), '\0');
  const ssize_t got = ::pread(source.file.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
  if (got < 0) return errno_status(errno, "cannot read the file to be sent");
  if (static_cast<size_t>(got) != bytes.size()) return absl::DataLossError("the file became shorter while it was sent");
  return bytes;
}

StatusOr<SourceFile> open_source(const std::string& path) {
  SourceFile source{.file = Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), .blob = {}};
  struct stat info {};
  if (!source.file.is_open() || ::fstat(source.file.get(), &info) != 0)
    return errno_status(errno, "cannot read " + path);
  if (!S_ISREG(info.st_mode)) return absl::FailedPreconditionError(path + " is no file");
  source.blob.bytes = static_cast<uint64_t>(info.st_size);
  return source;
}

}  // namespace

StatusOr<SourceFile> SourceFile::open(const std::string& path) {
  EV_ASSIGN_OR_RETURN(SourceFile source, open_source(path));
  Sha256 hash;
  for (uint64_t at = 0; at < source.blob.bytes;) {
    EV_ASSIGN_OR_RETURN(const std::string piece, piece_of(source, at));
    hash.update(piece);
    at += piece.size();
  }
  source.blob.sha256 = hash.hex();
  return source;
}

// One call, which cancel() can end.
class FileTransfer::Call {
 public:
  explicit Call(FileTransfer& transfer) : transfer_(transfer) {
    context_.set_deadline(std::chrono::system_clock::now() + transfer.patience_.call_limit);
    const std::lock_guard lock(transfer_.mutex_);
    transfer_.under_way_ = &context_;
    if (transfer_.cancelled_) context_.TryCancel();
  }
  ~Call() {
    const std::lock_guard lock(transfer_.mutex_);
    transfer_.under_way_ = nullptr;
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  grpc::ClientContext* context() { return &context_; }

 private:
  FileTransfer& transfer_;
  grpc::ClientContext context_;
};

struct FileTransfer::Sent {
  uint64_t there = 0;    // when it was last looked at
  bool cut_off = false;  // by another upload of the same file
};

FileTransfer::FileTransfer(std::shared_ptr<grpc::Channel> channel, TransferPatience patience)
    : stub_(v1::Files::NewStub(channel)), patience_(patience) {}

Status FileTransfer::upload(const SourceFile& source) {
  Sent sent;
  return persist([&](bool& moved) { return upload_once(source, sent, moved); });
}

Status FileTransfer::upload_once(const SourceFile& source, Sent& sent, bool& moved) {
  EV_ASSIGN_OR_RETURN(const v1::FileState state, stat(source.blob.sha256));
  if (state.complete()) return absl::OkStatus();
  moved = state.bytes() > sent.there;
  sent.there = state.bytes();
  // The other one is getting on: to cut it off in turn would help nobody.
  if (sent.cut_off && moved) return absl::AbortedError("another upload of the same file is under way");
  const Status status = put(source, state.bytes());
  sent.cut_off = absl::IsAborted(status);
  return status;
}

Status FileTransfer::put(const SourceFile& source, uint64_t offset) {
  Call call(*this);
  v1::FileState state;
  const auto writer = stub_->Put(call.context(), &state);
  v1::PutChunk chunk;
  chunk.mutable_start()->set_sha256(source.blob.sha256);
  chunk.mutable_start()->set_bytes(source.blob.bytes);
  chunk.mutable_start()->set_offset(offset);
  bool open = writer->Write(chunk);
  while (open && offset < source.blob.bytes) {
    StatusOr<std::string> piece = piece_of(source, offset);
    if (!piece.ok()) {
      call.context()->TryCancel();
      static_cast<void>(writer->Finish());
      return piece.status();
    }
    offset += piece->size();
    chunk.set_data(*std::move(piece));
    open = writer->Write(chunk);
  }
  if (open) writer->WritesDone();
  EV_RETURN_IF_ERROR(status_of(writer->Finish()));
  return state.complete() ? absl::OkStatus() : absl::UnavailableError("the file was not taken in whole");
}

StatusOr<size_t> FileTransfer::upload_missing(const std::vector<const DataFile*>& files) {
  size_t sent = 0;
  for (const DataFile* file : files) {
    v1::FileState state;
    const Status asked = persist([&](bool&) {
      StatusOr<v1::FileState> answer = stat(file->sha256);
      if (answer.ok()) state = *std::move(answer);
      return answer.status();
    });
    EV_RETURN_IF_ERROR(asked);
    if (state.complete()) continue;
    EV_ASSIGN_OR_RETURN(SourceFile source, open_source(file->path));
    source.blob.sha256 = file->sha256;
    const Status status = upload(source);
    if (absl::IsDataLoss(status)) return absl::DataLossError(file->path + " has changed while it was sent; try again");
    EV_RETURN_IF_ERROR(status);
    ++sent;
  }
  return sent;
}

Status FileTransfer::fetch(const std::string& sha256, BlobFolder& into,
                           const std::function<Status(uint64_t)>& make_room) {
  return persist([&](bool& moved) { return fetch_once(sha256, into, make_room, moved); });
}

Status FileTransfer::fetch_once(const std::string& sha256, BlobFolder& into,
                                const std::function<Status(uint64_t)>& make_room, bool& moved) {
  EV_ASSIGN_OR_RETURN(const BlobFolder::State there, into.stat(sha256));
  if (there.complete) return absl::OkStatus();
  Call call(*this);
  v1::GetRequest request;
  request.set_sha256(sha256);
  request.set_offset(there.bytes);
  const auto reader = stub_->Get(call.context(), request);
  // An early end of ours: what it was counts, not that the call was cancelled for it.
  const auto give_up = [&](Status why) {
    call.context()->TryCancel();
    static_cast<void>(reader->Finish());
    return why;
  };
  v1::GetChunk chunk;
  if (!reader->Read(&chunk)) {
    const Status status = status_of(reader->Finish());
    // Longer than the whole: what is here can't be of this file.
    if (absl::IsOutOfRange(status)) EV_RETURN_IF_ERROR(into.remove(sha256));
    return status.ok() ? absl::UnavailableError("the coordinator sent nothing") : status;
  }
  if (chunk.total() < there.bytes) return give_up(absl::UnavailableError("the coordinator speaks of another size"));
  if (Status room = make_room(chunk.total() - there.bytes); !room.ok()) return give_up(std::move(room));
  StatusOr<BlobFolder::Writer> writer = into.write(sha256, chunk.total(), there.bytes);
  if (!writer.ok()) return give_up(writer.status());
  do {
    if (Status status = writer->append(chunk.data()); !status.ok()) return give_up(std::move(status));
    moved = moved || !chunk.data().empty();
  } while (reader->Read(&chunk));
  EV_RETURN_IF_ERROR(status_of(reader->Finish()));
  return writer->finish();
}

StatusOr<std::string> FileTransfer::read_end(const std::string& sha256, uint64_t most) {
  std::string bytes;
  const Status status = persist([&](bool&) {
    bytes.clear();
    const StatusOr<v1::FileState> state = stat(sha256);
    if (!state.ok()) return state.status();
    Call call(*this);
    v1::GetRequest request;
    request.set_sha256(sha256);
    request.set_offset(state->bytes() > most ? state->bytes() - most : 0);
    const auto reader = stub_->Get(call.context(), request);
    v1::GetChunk chunk;
    while (bytes.size() <= most && reader->Read(&chunk)) bytes += chunk.data();
    if (bytes.size() <= most) return status_of(reader->Finish());
    call.context()->TryCancel();
    static_cast<void>(reader->Finish());
    return absl::FailedPreconditionError("the coordinator sent more than was asked for");
  });
  EV_RETURN_IF_ERROR(status);
  return bytes;
}

StatusOr<v1::FileState> FileTransfer::stat(const std::string& sha256) {
  Call call(*this);
  v1::FileRequest request;
  request.set_sha256(sha256);
  v1::FileState state;
  EV_RETURN_IF_ERROR(status_of(stub_->Stat(call.context(), request, &state)));
  return state;
}

Status FileTransfer::persist(const std::function<Status(bool& moved)>& attempt) {
  bool lost = false;
  for (uint32_t failures = 0;;) {
    bool moved = false;
    const Status status = attempt(moved);
    if (status.ok()) return status;
    {
      const std::lock_guard lock(mutex_);
      if (cancelled_) return absl::CancelledError("the transfer was stopped");
    }
    if (moved) failures = 0;
    // A damaged part may be to blame, which is gone now: once more from the beginning.
    if (absl::IsDataLoss(status) && !std::exchange(lost, true)) continue;
    if (!is_passing(status) || ++failures > patience_.most_failures) return status;
    if (!wait(failures)) return absl::CancelledError("the transfer was stopped");
  }
}

bool FileTransfer::wait(uint32_t failures) {
  const Duration full = patience_.first_wait * (int64_t{1} << std::min(failures - 1, 10u));
  std::unique_lock lock(mutex_);
  return !cancelled_changed_.wait_for(lock, std::min(full, patience_.longest_wait), [this] { return cancelled_; });
}

void FileTransfer::cancel() {
  const std::lock_guard lock(mutex_);
  cancelled_ = true;
  if (under_way_ != nullptr) under_way_->TryCancel();
  cancelled_changed_.notify_all();
}

}  // namespace evensweep

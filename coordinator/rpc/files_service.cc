#include "coordinator/rpc/files_service.h"

#include <atomic>
#include <boost/asio/post.hpp>
#include <mutex>
#include <optional>
#include <utility>

#include "common/wire/limits.h"
#include "coordinator/rpc/server.h"

namespace evensweep::coordinator {
namespace {

constexpr size_t kChunk = 128 << 10;

}  // namespace

class FileStream {
 public:
  virtual ~FileStream() = default;
  virtual void end() = 0;
};

namespace {

// A stream whose steps alternate between gRPC and the disk. Nothing ends it while a step is at the disk: an end that
// comes then is carried out by the step when it is done, so that no step ever finds its stream deleted.
template <typename Reactor>
class DiskStream : public Reactor, public FileStream {
 public:
  DiskStream(BlobFolder& blobs, boost::asio::thread_pool& disk, Streams<FileStream>& streams)
      : blobs_(blobs), disk_(disk), streams_(streams) {
    streams_.add(this);
  }
  void OnCancel() override { finish(grpc::Status::CANCELLED); }
  void OnDone() override {
    { const std::lock_guard lock(mutex_); }  // whoever called Finish has let go of this
    streams_.remove(this);
    delete this;
  }
  void end() override { finish({grpc::StatusCode::UNAVAILABLE, "the coordinator is going away"}); }

 protected:
  // Runs `step` at the disk. It returns how the stream ends, or nothing if it goes on; `go_on` then starts the next
  // read or write.
  template <typename Step, typename GoOn>
  void work(Step step, GoOn go_on) {
    const std::lock_guard lock(mutex_);
    if (finished_) return;
    working_ = true;
    boost::asio::post(disk_, [this, step, go_on] {
      std::optional<grpc::Status> end = step();
      const std::lock_guard locked(mutex_);
      working_ = false;
      if (ending_) end = ending_;
      if (!end) return go_on();
      finished_ = true;
      this->Finish(*end);
    });
  }

  void finish(const grpc::Status& status) {
    const std::lock_guard lock(mutex_);
    ending_now_ = true;
    if (finished_ || ending_) return;
    if (working_) {
      ending_ = status;
    } else {
      finished_ = true;
      this->Finish(status);
    }
  }

  bool is_ending() const { return ending_now_; }

  BlobFolder& blobs_;

 private:
  boost::asio::thread_pool& disk_;
  Streams<FileStream>& streams_;
  std::atomic<bool> ending_now_ = false;
  std::mutex mutex_;  // guards the rest
  bool working_ = false, finished_ = false;
  std::optional<grpc::Status> ending_;
};

class GetStream final : public DiskStream<grpc::ServerWriteReactor<v1::GetChunk>> {
 public:
  GetStream(BlobFolder& blobs, boost::asio::thread_pool& disk, Streams<FileStream>& streams,
            const v1::GetRequest& request)
      : DiskStream(blobs, disk, streams), sha256_(request.sha256()), offset_(request.offset()) {
    advance();
  }
  void OnWriteDone(bool ok) override {
    if (!ok) return finish(grpc::Status::CANCELLED);
    chunk_.Clear();
    advance();
  }

 private:
  void advance() {
    work([this] { return next(); }, [this] { StartWrite(&chunk_); });
  }

  // The first message is sent in any case: it tells the size.
  std::optional<grpc::Status> next() {
    const bool first = !reader_;
    if (first) {
      StatusOr<BlobFolder::Reader> reader = blobs_.read(sha256_);
      if (!reader.ok()) return to_grpc(reader.status());
      reader_ = *std::move(reader);
      if (offset_ > reader_->size())
        return grpc::Status(grpc::StatusCode::OUT_OF_RANGE,
                            "the file has only " + std::to_string(reader_->size()) + " bytes");
      chunk_.set_total(reader_->size());
    }
    StatusOr<std::string> bytes = reader_->read(offset_, kChunk);
    if (!bytes.ok()) return to_grpc(bytes.status());
    if (bytes->empty() && !first) return grpc::Status::OK;
    offset_ += bytes->size();
    chunk_.set_data(*std::move(bytes));
    return std::nullopt;
  }

  const std::string sha256_;
  uint64_t offset_;
  std::optional<BlobFolder::Reader> reader_;
  v1::GetChunk chunk_;
};

class PutStream final : public DiskStream<grpc::ServerReadReactor<v1::PutChunk>> {
 public:
  PutStream(BlobFolder& blobs, boost::asio::thread_pool& disk, Streams<FileStream>& streams, v1::FileState& response)
      : DiskStream(blobs, disk, streams), response_(response) {
    StartRead(&chunk_);
  }
  void OnReadDone(bool ok) override {
    work([this, ok] { return ok ? take() : complete(); }, [this] { StartRead(&chunk_); });
  }

 private:
  static grpc::Status invalid(const std::string& what) { return {grpc::StatusCode::INVALID_ARGUMENT, what}; }

  std::optional<grpc::Status> take() {
    if (chunk_.has_start()) return start(chunk_.start());
    if (!writer_) return invalid("the first message of an upload must be its start");
    if (chunk_.data().size() > wire::kMostChunk)
      return invalid("a chunk is larger than " + std::to_string(wire::kMostChunk) + " bytes");
    const Status status = writer_->append(chunk_.data());
    return status.ok() ? std::nullopt : std::optional(to_grpc(status));
  }

  std::optional<grpc::Status> start(const v1::PutStart& start) {
    if (writer_) return invalid("an upload starts once");
    StatusOr<BlobFolder::Writer> writer = blobs_.write(start.sha256(), start.bytes(), start.offset());
    if (absl::IsAlreadyExists(writer.status())) return tell(true, start.bytes());
    if (!writer.ok()) return to_grpc(writer.status());
    writer_ = *std::move(writer);
    total_ = start.bytes();
    return std::nullopt;
  }

  std::optional<grpc::Status> complete() {
    if (!writer_) return invalid("an upload without a start");
    if (writer_->size() < total_) return tell(false, writer_->size());
    const Status status = writer_->finish([this] { return is_ending(); });
    return status.ok() ? tell(true, total_) : to_grpc(status);
  }

  grpc::Status tell(bool whole, uint64_t bytes) {
    response_.set_complete(whole);
    response_.set_bytes(bytes);
    return grpc::Status::OK;
  }

  v1::FileState& response_;
  v1::PutChunk chunk_;
  std::optional<BlobFolder::Writer> writer_;
  uint64_t total_ = 0;
};

}  // namespace

grpc::ServerUnaryReactor* FilesService::Stat(grpc::CallbackServerContext* context, const v1::FileRequest* request,
                                             v1::FileState* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  boost::asio::post(disk_, [this, reactor, request, response] {
    const StatusOr<BlobFolder::State> state = blobs_.stat(request->sha256());
    if (state.ok()) {
      response->set_complete(state->complete);
      response->set_bytes(state->bytes);
    }
    reactor->Finish(to_grpc(state.status()));
  });
  return reactor;
}

// Streams delete themselves in OnDone.
grpc::ServerWriteReactor<v1::GetChunk>* FilesService::Get(grpc::CallbackServerContext*, const v1::GetRequest* request) {
  return new GetStream(blobs_, disk_, streams_, *request);
}

grpc::ServerReadReactor<v1::PutChunk>* FilesService::Put(grpc::CallbackServerContext*, v1::FileState* response) {
  return new PutStream(blobs_, disk_, streams_, *response);
}

void FilesService::end_all() { streams_.end_all(); }

}  // namespace evensweep::coordinator

#pragma once
// An answer that is a stream: what comes from the host on its thread, written as fast as the asking side reads it.

#include <grpcpp/grpcpp.h>

#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "coordinator/rpc/streams.h"

namespace evensweep::coordinator {

// One write at a time, the next one from next(), and one end. Deletes itself when gRPC is done with it. A derived class
// is final and asks the host in the body of its constructor, when all of it is there.
template <typename Message>
class OutStream : public grpc::ServerWriteReactor<Message> {
 public:
  explicit OutStream(Streams<OutStream>& streams) : streams_(streams), door_(std::make_shared<Door>()) {
    door_->stream = this;
    streams_.add(this);
  }

  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    writing_.reset();
    if (ok)
      advance();
    else
      finish(grpc::Status::CANCELLED);
  }

  void OnCancel() override {
    const std::lock_guard lock(mutex_);
    finish(grpc::Status::CANCELLED);
  }

  void OnDone() override {
    {
      const std::lock_guard lock(door_->mutex);
      door_->stream = nullptr;
    }
    let_go();
    streams_.remove(this);
    delete this;
  }

  // The server goes away.
  void end() {
    const std::lock_guard lock(mutex_);
    finish(grpc::Status(grpc::StatusCode::UNAVAILABLE, "the coordinator is going away"));
  }

 protected:
  // What the host holds of a stream; the stream may be gone before the host lets go.
  struct Door {
    std::mutex mutex;
    OutStream* stream = nullptr;
  };

  // Called from the host; `tell(stream)` runs with the stream's lock held, if the stream is still there.
  template <typename Stream, typename Tell>
  static void through(Door& door, Tell tell) {
    const std::lock_guard lock(door.mutex);
    if (door.stream == nullptr) return;
    const std::lock_guard state(door.stream->mutex_);
    tell(static_cast<Stream&>(*door.stream));
    if (!door.stream->writing_) door.stream->advance();
  }

  // The next message, or, once there is none and will be none, how the stream ends. All with the lock held.
  virtual std::optional<Message> next() = 0;
  virtual std::optional<grpc::Status> last() = 0;
  // Nothing more is wanted from the host. Without the lock.
  virtual void let_go() {}

  const std::shared_ptr<Door>& door() const { return door_; }

 private:
  void advance() {
    if (finished_) return;
    writing_ = next();
    if (writing_)
      this->StartWrite(&*writing_);
    else if (const std::optional<grpc::Status> status = last())
      finish(*status);
  }

  void finish(const grpc::Status& status) {
    if (std::exchange(finished_, true)) return;
    this->Finish(status);
  }

  Streams<OutStream>& streams_;
  std::shared_ptr<Door> door_;
  std::mutex mutex_;  // guards the rest, and what derived streams have
  std::optional<Message> writing_;
  bool finished_ = false;
};

}  // namespace evensweep::coordinator

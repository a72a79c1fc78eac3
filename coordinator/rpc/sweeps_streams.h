#pragma once
// The streams of the Sweeps service.

#include <deque>
#include <optional>
#include <string>
#include <utility>

#include "common/wire/results_codec.h"
#include "common/wire/status_codec.h"
#include "coordinator/host/control.h"
#include "coordinator/rpc/grpc_status.h"
#include "coordinator/rpc/out_stream.h"
#include "evensweep/v1/sweeps.pb.h"

namespace evensweep::coordinator {

// Sends the newest status as soon as the one before it is written; those in between are dropped.
class WatchStream final : public OutStream<v1::SweepStatus> {
 public:
  WatchStream(Control& control, Streams<OutStream>& streams, const SweepId& sweep)
      : OutStream(streams), control_(control) {
    watch_ = control_.watch(sweep, [door = door()](const StatusOr<SweepStatus>& status) {
      through<WatchStream>(*door, [&](WatchStream& stream) { stream.tell(status); });
    });
  }

 private:
  void tell(const StatusOr<SweepStatus>& status) {
    if (!status.ok()) {
      last_ = to_grpc(status.status());
      return;
    }
    next_ = encode(*status);
    if (status->over) last_ = grpc::Status::OK;
  }
  std::optional<v1::SweepStatus> next() override { return std::exchange(next_, std::nullopt); }
  std::optional<grpc::Status> last() override { return last_; }
  void let_go() override { control_.unwatch(watch_); }

  Control& control_;
  Control::WatchId watch_ = 0;
  std::optional<v1::SweepStatus> next_;
  std::optional<grpc::Status> last_;  // how to end once everything is written
};

// A part at a time: what is in memory twice is one training's result.
class ResultsStream final : public OutStream<v1::ResultsPart> {
 public:
  ResultsStream(Control& control, Streams<OutStream>& streams, std::string sweep) : OutStream(streams) {
    control.results(std::move(sweep), [door = door()](StatusOr<StoredSweep> stored) {
      through<ResultsStream>(*door, [&](ResultsStream& stream) { stream.tell(std::move(stored)); });
    });
  }

 private:
  void tell(StatusOr<StoredSweep> stored) {
    if (stored.ok())
      encoder_.emplace(*std::move(stored));
    else
      last_ = to_grpc(stored.status());
  }
  std::optional<v1::ResultsPart> next() override {
    if (!encoder_) return std::nullopt;
    std::optional<v1::ResultsPart> part = encoder_->next();
    if (!part) last_ = grpc::Status::OK;
    return part;
  }
  std::optional<grpc::Status> last() override { return last_; }

  std::optional<ResultsEncoder> encoder_;
  std::optional<grpc::Status> last_;
};

// What a slow reader has not read yet is kept up to kMostWaiting bytes; then the oldest of it is dropped.
class LogStream final : public OutStream<v1::LogPiece> {
 public:
  LogStream(Control& control, Streams<OutStream>& streams, std::string trial, bool follow)
      : OutStream(streams), control_(control) {
    watch_ = control_.log(std::move(trial), follow, [door = door()](const StatusOr<LogPiece>& piece) {
      through<LogStream>(*door, [&](LogStream& stream) { stream.tell(piece); });
    });
  }

 private:
  static constexpr size_t kMostWaiting = 4 << 20;

  void tell(const StatusOr<LogPiece>& piece) {
    if (!piece.ok() || piece->last) last_ = to_grpc(piece.status());
    if (!piece.ok() || piece->text.empty()) return;
    waiting_.emplace_back();
    waiting_.back().set_attempt(piece->attempt);
    waiting_.back().set_text(piece->text);
    bytes_ += piece->text.size();
    while (bytes_ > kMostWaiting && waiting_.size() > 1) drop_first();
  }
  void drop_first() {
    bytes_ -= waiting_.front().text().size();
    waiting_.pop_front();
  }
  std::optional<v1::LogPiece> next() override {
    if (waiting_.empty()) return std::nullopt;
    v1::LogPiece piece = waiting_.front();
    drop_first();
    return piece;
  }
  std::optional<grpc::Status> last() override { return last_; }
  void let_go() override { control_.unwatch_log(watch_); }

  Control& control_;
  Control::WatchId watch_ = 0;
  std::deque<v1::LogPiece> waiting_;
  size_t bytes_ = 0;
  std::optional<grpc::Status> last_;
};

}  // namespace evensweep::coordinator

#include "tests/unit/agent/fake_coordinator.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include <stdexcept>

#include "common/wire/link_codec.h"

namespace evensweep {
namespace {

bool is_end(const Update& update) {
  return std::holds_alternative<Succeeded>(update.what) || std::holds_alternative<Failure>(update.what);
}

}  // namespace

std::vector<Update> Heard::ends_of(const AttemptId& attempt) const {
  std::vector<Update> ends;
  for (const Update& update : updates)
    if (update.attempt == attempt && is_end(update)) ends.push_back(update);
  return ends;
}

bool Heard::started(const AttemptId& attempt) const {
  for (const Update& update : updates)
    if (update.attempt == attempt && std::holds_alternative<Started>(update.what)) return true;
  return false;
}

FakeCoordinator::FakeCoordinator(const std::string& address, grpc::Service* other) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials());
  builder.RegisterService(this);
  if (other != nullptr) builder.RegisterService(other);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) throw std::runtime_error("cannot listen on " + address);
}

FakeCoordinator::~FakeCoordinator() {
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
}

void FakeCoordinator::acknowledge_ends(bool yes) {
  const std::lock_guard lock(mutex_);
  acknowledge_ = yes;
}

void FakeCoordinator::hand_out(std::vector<Lease> leases) {
  const std::lock_guard lock(mutex_);
  leases_ = std::move(leases);
}

bool FakeCoordinator::send(const CoordinatorMessage& message) {
  const std::lock_guard lock(mutex_);
  return stream_ != nullptr && stream_->Write(encode(message));
}

bool FakeCoordinator::wait(const std::function<bool(const Heard&)>& ready) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return ready(heard_); });
}

Heard FakeCoordinator::heard() {
  const std::lock_guard lock(mutex_);
  return heard_;
}

grpc::Status FakeCoordinator::Connect(grpc::ServerContext*, Stream* stream) {
  v1::AgentMessage message;
  while (stream->Read(&message)) {
    const StatusOr<AgentMessage> decoded = decode(message);
    const std::lock_guard lock(mutex_);
    if (!decoded.ok()) return {grpc::StatusCode::INVALID_ARGUMENT, std::string(decoded.status().message())};
    stream_ = stream;
    take(*decoded);
    changed_.notify_all();
  }
  const std::lock_guard lock(mutex_);
  if (stream_ == stream) stream_ = nullptr;
  return grpc::Status::OK;
}

void FakeCoordinator::take(const AgentMessage& message) {
  if (const auto* hello = std::get_if<Hello>(&message)) {
    heard_.hellos.push_back(*hello);
    stream_->Write(encode(CoordinatorMessage(Welcome{Duration(100), Duration(15000)})));
  }
  ++heard_.messages;
  if (const auto* credits = std::get_if<Credits>(&message)) {
    heard_.credits.push_back(*credits);
    Leases given;
    for (uint32_t free = credits->devices.at(0).free; free > 0 && !leases_.empty(); --free) {
      given.leases.push_back(std::move(leases_.back()));
      leases_.pop_back();
    }
    if (!given.leases.empty()) stream_->Write(encode(CoordinatorMessage(given)));
  }
  if (std::holds_alternative<Heartbeat>(message)) ++heard_.heartbeats;
  const auto* updates = std::get_if<Updates>(&message);
  if (updates == nullptr) return;
  Acks acks;
  for (const Update& update : updates->updates) {
    heard_.updates.push_back(update);
    if (!is_end(update)) continue;
    ++heard_.ended_so_far;
    acks.attempts.push_back(update.attempt);
  }
  if (acknowledge_ && !acks.attempts.empty()) stream_->Write(encode(CoordinatorMessage(acks)));
}

}  // namespace evensweep

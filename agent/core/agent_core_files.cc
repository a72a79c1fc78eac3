// AgentCore and files: those that runs read, and checkpoints for other machines.

#include <algorithm>
#include <utility>

#include "agent/core/agent_core.h"

namespace evensweep {
namespace {

// So often it is looked whether a checkpoint is due, in parts of the time between two.
constexpr int kLooks = 10;
// A larger checkpoint is not uploaded in the short time that a stop leaves.
constexpr uint64_t kMostLastCheckpoint = uint64_t{64} << 20;

}  // namespace

std::set<std::string> AgentCore::files_in_use() const {
  std::set<std::string> files;
  for (const auto& [attempt, held] : held_) {
    if (const auto* waiting = std::get_if<Waiting>(&held))
      files.insert(waiting->lease.files.begin(), waiting->lease.files.end());
    if (const auto* running = std::get_if<Running>(&held)) files.insert(running->files.begin(), running->files.end());
  }
  return files;
}

void AgentCore::on(const FileEvent& event) {
  std::visit([this](const auto& known) { on_file(known); }, event);
}

void AgentCore::on_file(const FilesReady& event) {
  if (fetching_.erase(event.attempt) == 0) return;
  const auto& waiting = std::get<Waiting>(held_.at(event.attempt));
  devices_[waiting.lease.device].queue.emplace(waiting.order, event.attempt);
}

void AgentCore::on_file(const FilesMissing& event) {
  if (!fetching_.contains(event.attempt)) return;
  const char* what_to_do = "; submit the sweep again where its files are, and then: evensweep retry --failed";
  const std::string why = clean_line(event.why, 900) + (event.nowhere ? what_to_do : "");
  remark(LogLevel::kWarning, name_of(event.attempt) + ": " + why);
  end(event.attempt, Failure{event.nowhere ? FailureClass::kBadInput : FailureClass::kInfrastructure, why, ""});
}

void AgentCore::on_file(const CheckpointUploaded& event) {
  const auto found = held_.find(event.attempt);
  if (found == held_.end()) return;
  if (auto* running = std::get_if<Running>(&found->second)) {
    running->upload_at = now_ + config_.checkpoint_every;
    if (!event.blob) return;
    running->checkpoint_stored = CheckpointStored{*event.blob, running->fraction};
    return tell({event.attempt, *running->checkpoint_stored});
  }
  auto* saving = std::get_if<Saving>(&found->second);
  if (saving == nullptr) return;
  if (event.blob) tell({event.attempt, CheckpointStored{*event.blob, saving->fraction}});
  if (--saving->uploads == 0) end(event.attempt, Failure(saving->end));
}

void AgentCore::on_file(const Noted& event) { tell(event.update); }

void AgentCore::upload_checkpoints() {
  if (!look_for_uploads_ || now_ < *look_for_uploads_) return;
  look_for_uploads_ = now_ + std::max(Duration(1), config_.checkpoint_every / kLooks);
  if (!welcome_) return;
  for (const Slot& slot : slots_) {
    if (slot.phase != Phase::kBusy) continue;
    auto& running = std::get<Running>(held_.at(*slot.attempt));
    if (!running.upload_at || now_ < *running.upload_at) continue;
    running.upload_at.reset();
    step_.effects.push_back(UploadCheckpoint{*slot.attempt, UINT64_MAX});
  }
}

// How a running attempt ends whose trainer was stopped with a checkpoint.
void AgentCore::save_and_end(const AttemptId& attempt, Failure failure) {
  if (!config_.transfers || !welcome_) return end(attempt, std::move(failure));
  Held& held = held_.at(attempt);
  const auto& running = std::get<Running>(held);
  --devices_[running.device].live;
  held = Saving{.end = std::move(failure), .fraction = running.fraction, .uploads = running.upload_at ? 1u : 2u};
  ++saving_;
  step_.effects.push_back(UploadCheckpoint{attempt, kMostLastCheckpoint});
}

// The time is over: the coordinator makes do with the checkpoints that it has.
void AgentCore::end_saving() {
  std::vector<std::pair<AttemptId, Failure>> ends;
  for (const auto& [attempt, held] : held_)
    if (const auto* saving = std::get_if<Saving>(&held)) ends.emplace_back(attempt, saving->end);
  for (auto& [attempt, failure] : ends) end(attempt, std::move(failure));
}

}  // namespace evensweep

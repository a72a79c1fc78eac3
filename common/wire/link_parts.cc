#include "common/wire/link_parts.h"

#include "common/base/hash.h"
#include "common/wire/limits.h"

namespace evensweep::wire {

Status invalid(const std::string& what) { return absl::InvalidArgumentError("link message: " + what); }

Status check_text(const std::string& text, const char* name, size_t most) {
  if (text.empty()) return invalid(std::string(name) + " is missing");
  if (text.size() > most) return invalid(std::string(name) + " is longer than " + std::to_string(most) + " bytes");
  return absl::OkStatus();
}

Status check_device(uint32_t device) {
  return device < static_cast<uint32_t>(kMostDevices) ? absl::OkStatus() : invalid("there is no such device");
}

Status check_memory(uint64_t bytes) {
  return bytes <= kMostMemory ? absl::OkStatus() : invalid("no machine has so much memory");
}

StatusOr<AttemptId> attempt_of(const v1::AttemptId& proto) {
  if (!is_sha256(proto.run_key())) return invalid("run_key is not a SHA-256 sum");
  if (proto.number() == 0) return invalid("attempt numbers start at 1");
  return AttemptId{.run = RunKey(proto.run_key()), .number = proto.number()};
}

StatusOr<std::vector<AttemptId>> attempts_of(const google::protobuf::RepeatedPtrField<v1::AttemptId>& protos) {
  std::vector<AttemptId> attempts;
  attempts.reserve(static_cast<size_t>(protos.size()));
  for (const v1::AttemptId& proto : protos) {
    EV_ASSIGN_OR_RETURN(AttemptId attempt, attempt_of(proto));
    attempts.push_back(std::move(attempt));
  }
  return attempts;
}

void put(const AttemptId& attempt, v1::AttemptId* proto) {
  proto->set_run_key(attempt.run.str());
  proto->set_number(attempt.number);
}

void put(const std::vector<AttemptId>& attempts, google::protobuf::RepeatedPtrField<v1::AttemptId>* protos) {
  for (const AttemptId& attempt : attempts) put(attempt, protos->Add());
}

}  // namespace evensweep::wire

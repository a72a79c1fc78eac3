#pragma once
// Checks and conversions that many messages share. Internal to common/wire.

#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/model/ids.h"
#include "common/wire/limits.h"
#include "evensweep/v1/agent_link.pb.h"

namespace evensweep::wire {

// InvalidArgument: "link message: <what>".
Status invalid(const std::string& what);
// There, and of at most `most` bytes.
Status check_text(const std::string& text, const char* name, size_t most = kMostText);
Status check_device(uint32_t device);
Status check_memory(uint64_t bytes);

StatusOr<AttemptId> attempt_of(const v1::AttemptId& proto);
StatusOr<std::vector<AttemptId>> attempts_of(const google::protobuf::RepeatedPtrField<v1::AttemptId>& protos);
void put(const AttemptId& attempt, v1::AttemptId* proto);
void put(const std::vector<AttemptId>& attempts, google::protobuf::RepeatedPtrField<v1::AttemptId>* protos);

}  // namespace evensweep::wire

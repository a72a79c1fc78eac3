#include "common/wire/link_codec.h"

#include <cmath>

#include "common/base/hash.h"
#include "common/base/overloaded.h"
#include "common/wire/hello_codec.h"
#include "common/wire/limits.h"
#include "common/wire/link_parts.h"

namespace evensweep {
namespace {

using namespace wire;
using wire::put;

StatusOr<FailureClass> failure_class_of(v1::FailureClass proto) {
  switch (proto) {
    case v1::FAILURE_CLASS_BAD_INPUT: return FailureClass::kBadInput;
    case v1::FAILURE_CLASS_DIVERGED: return FailureClass::kDiverged;
    case v1::FAILURE_CLASS_TRAINER_ERROR: return FailureClass::kTrainerError;
    case v1::FAILURE_CLASS_OUT_OF_MEMORY: return FailureClass::kOutOfMemory;
    case v1::FAILURE_CLASS_INFRASTRUCTURE: return FailureClass::kInfrastructure;
    case v1::FAILURE_CLASS_PREEMPTED: return FailureClass::kPreempted;
    default: return invalid("unknown failure class " + std::to_string(static_cast<int>(proto)));
  }
}

v1::FailureClass failure_class_proto(FailureClass failure) {
  switch (failure) {
    case FailureClass::kBadInput: return v1::FAILURE_CLASS_BAD_INPUT;
    case FailureClass::kDiverged: return v1::FAILURE_CLASS_DIVERGED;
    case FailureClass::kTrainerError: return v1::FAILURE_CLASS_TRAINER_ERROR;
    case FailureClass::kOutOfMemory: return v1::FAILURE_CLASS_OUT_OF_MEMORY;
    case FailureClass::kInfrastructure: return v1::FAILURE_CLASS_INFRASTRUCTURE;
    case FailureClass::kPreempted: return v1::FAILURE_CLASS_PREEMPTED;
  }
  return v1::FAILURE_CLASS_UNSPECIFIED;
}

bool is_fraction(double value) { return value >= 0 && value <= 1; }

StatusOr<Progress> progress_of(const v1::Progress& proto) {
  if (!is_fraction(proto.fraction())) return invalid("progress is outside 0..1");
  if (!std::isfinite(proto.examples_per_second()) || proto.examples_per_second() < 0)
    return invalid("rate is not a positive number");
  return Progress{.fraction = proto.fraction(), .examples_per_second = proto.examples_per_second()};
}

// At most this many bytes, and no half of a character at the end: half a character is no text and could not be stored.
std::string cut(const std::string& text, size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80) --most;
  return text.substr(0, most);
}

StatusOr<Failure> failure_of(const v1::Failed& proto) {
  EV_ASSIGN_OR_RETURN(const FailureClass failure, failure_class_of(proto.failure()));
  return Failure{.failure = failure,
                 .message = cut(proto.message(), wire::kMostText),
                 .stderr_tail = cut(proto.stderr_tail(), wire::kMostStderrTail)};
}

StatusOr<BlobRef> blob_of(const v1::Blob& proto) {
  if (!is_sha256(proto.sha256())) return invalid("a blob's sha256 is not a SHA-256 sum");
  if (proto.bytes() > wire::kMostBlob)
    return invalid("a blob is larger than " + std::to_string(wire::kMostBlob) + " bytes");
  return BlobRef{.sha256 = proto.sha256(), .bytes = proto.bytes()};
}

StatusOr<CheckpointStored> checkpoint_of(const v1::CheckpointStored& proto) {
  EV_ASSIGN_OR_RETURN(BlobRef blob, blob_of(proto.blob()));
  if (!is_fraction(proto.fraction())) return invalid("the progress of a checkpoint is outside 0..1");
  return CheckpointStored{.blob = std::move(blob), .fraction = proto.fraction()};
}

void put(const BlobRef& blob, v1::Blob* proto) {
  proto->set_sha256(blob.sha256);
  proto->set_bytes(blob.bytes);
}

StatusOr<Update> update_of(const v1::Update& proto) {
  Update update;
  EV_ASSIGN_OR_RETURN(update.attempt, attempt_of(proto.attempt()));
  switch (proto.what_case()) {
    case v1::Update::kStarted: update.what = Started{.resumed_at_epoch = proto.started().resumed_at_epoch()}; break;
    case v1::Update::kProgress: {
      EV_ASSIGN_OR_RETURN(update.what, progress_of(proto.progress()));
      break;
    }
    case v1::Update::kSucceeded:
      EV_RETURN_IF_ERROR(check_text(proto.succeeded().result_json(), "result_json", wire::kMostResult));
      EV_RETURN_IF_ERROR(check_memory(proto.succeeded().peak_memory_bytes()));
      update.what = Succeeded{.result_json = proto.succeeded().result_json(),
                              .peak_memory_bytes = proto.succeeded().peak_memory_bytes()};
      break;
    case v1::Update::kFailed: {
      EV_ASSIGN_OR_RETURN(update.what, failure_of(proto.failed()));
      break;
    }
    case v1::Update::kCheckpointStored: {
      EV_ASSIGN_OR_RETURN(update.what, checkpoint_of(proto.checkpoint_stored()));
      break;
    }
    case v1::Update::kLogLines:
      update.what = LogLines{.text = cut(proto.log_lines().text(), wire::kMostLogLines)};
      break;
    case v1::Update::kLogStored: {
      EV_ASSIGN_OR_RETURN(BlobRef blob, blob_of(proto.log_stored().blob()));
      update.what = LogStored{.blob = std::move(blob)};
      break;
    }
    case v1::Update::WHAT_NOT_SET: return invalid("an update without content");
  }
  return update;
}

StatusOr<std::vector<std::string>> sums_of(const google::protobuf::RepeatedPtrField<std::string>& protos) {
  if (protos.size() > wire::kMostFiles) return invalid("a run that reads too many files");
  for (const std::string& sum : protos)
    if (!is_sha256(sum)) return invalid("the sum of a file is not a SHA-256 sum");
  return std::vector<std::string>(protos.begin(), protos.end());
}

StatusOr<Lease> lease_of(const v1::Lease& proto) {
  EV_ASSIGN_OR_RETURN(AttemptId attempt, attempt_of(proto.attempt()));
  EV_RETURN_IF_ERROR(check_text(proto.run_spec_json(), "run_spec_json", wire::kMostSpec));
  EV_RETURN_IF_ERROR(check_text(proto.trainer(), "trainer"));
  if (proto.classes() < 2 || proto.classes() > wire::kMostClasses) return invalid("impossible number of classes");
  EV_ASSIGN_OR_RETURN(std::vector<std::string> files, sums_of(proto.files()));
  EV_RETURN_IF_ERROR(check_device(proto.device()));
  EV_RETURN_IF_ERROR(check_memory(proto.memory_bytes()));
  Lease lease{.attempt = std::move(attempt),
              .run_spec_json = proto.run_spec_json(),
              .trainer = proto.trainer(),
              .classes = proto.classes(),
              .files = std::move(files),
              .device = proto.device(),
              .memory_bytes = proto.memory_bytes(),
              .alone = proto.alone()};
  if (proto.has_checkpoint()) {
    EV_ASSIGN_OR_RETURN(lease.checkpoint, blob_of(proto.checkpoint()));
  }
  return lease;
}

void put(const Update& update, v1::Update* proto) {
  put(update.attempt, proto->mutable_attempt());
  std::visit(
      Overloaded{
          [&](const Started& started) { proto->mutable_started()->set_resumed_at_epoch(started.resumed_at_epoch); },
          [&](const Progress& progress) {
            proto->mutable_progress()->set_fraction(progress.fraction);
            proto->mutable_progress()->set_examples_per_second(progress.examples_per_second);
          },
          [&](const Succeeded& succeeded) {
            proto->mutable_succeeded()->set_result_json(succeeded.result_json);
            proto->mutable_succeeded()->set_peak_memory_bytes(succeeded.peak_memory_bytes);
          },
          [&](const Failure& failure) {
            v1::Failed* failed = proto->mutable_failed();
            failed->set_failure(failure_class_proto(failure.failure));
            failed->set_message(failure.message);
            failed->set_stderr_tail(failure.stderr_tail);
          },
          [&](const CheckpointStored& stored) {
            put(stored.blob, proto->mutable_checkpoint_stored()->mutable_blob());
            proto->mutable_checkpoint_stored()->set_fraction(stored.fraction);
          },
          [&](const LogLines& lines) { proto->mutable_log_lines()->set_text(lines.text); },
          [&](const LogStored& stored) { put(stored.blob, proto->mutable_log_stored()->mutable_blob()); },
      },
      update.what);
}

void put(const Lease& lease, v1::Lease* proto) {
  put(lease.attempt, proto->mutable_attempt());
  proto->set_run_spec_json(lease.run_spec_json);
  proto->set_trainer(lease.trainer);
  proto->set_classes(static_cast<uint32_t>(lease.classes));
  for (const std::string& sum : lease.files) proto->add_files(sum);
  proto->set_device(lease.device);
  proto->set_memory_bytes(lease.memory_bytes);
  proto->set_alone(lease.alone);
  if (lease.checkpoint) put(*lease.checkpoint, proto->mutable_checkpoint());
}

}  // namespace

StatusOr<AgentMessage> decode(const v1::AgentMessage& message) {
  switch (message.kind_case()) {
    case v1::AgentMessage::kHello: {
      EV_ASSIGN_OR_RETURN(Hello hello, hello_of(message.hello()));
      return hello;
    }
    case v1::AgentMessage::kCredits: {
      EV_ASSIGN_OR_RETURN(Credits credits, credits_of(message.credits()));
      return credits;
    }
    case v1::AgentMessage::kUpdates: {
      Updates updates;
      for (const v1::Update& proto : message.updates().updates()) {
        EV_ASSIGN_OR_RETURN(Update update, update_of(proto));
        updates.updates.push_back(std::move(update));
      }
      return updates;
    }
    case v1::AgentMessage::kHeartbeat: {
      EV_ASSIGN_OR_RETURN(Heartbeat heartbeat, heartbeat_of(message.heartbeat()));
      return heartbeat;
    }
    case v1::AgentMessage::kDraining: return Draining{};
    case v1::AgentMessage::KIND_NOT_SET: break;
  }
  return invalid("an agent message of unknown kind");
}

StatusOr<CoordinatorMessage> decode(const v1::CoordinatorMessage& message) {
  switch (message.kind_case()) {
    case v1::CoordinatorMessage::kWelcome: {
      const v1::Welcome& proto = message.welcome();
      if (proto.heartbeat_ms() == 0 || proto.lease_ms() < proto.heartbeat_ms())
        return invalid("impossible heartbeat or lease time");
      return Welcome{.heartbeat = Duration(proto.heartbeat_ms()), .lease = Duration(proto.lease_ms())};
    }
    case v1::CoordinatorMessage::kLeases: {
      Leases leases;
      for (const v1::Lease& proto : message.leases().leases()) {
        EV_ASSIGN_OR_RETURN(Lease lease, lease_of(proto));
        leases.leases.push_back(std::move(lease));
      }
      return leases;
    }
    case v1::CoordinatorMessage::kAcks: {
      EV_ASSIGN_OR_RETURN(std::vector<AttemptId> attempts, attempts_of(message.acks().attempts()));
      return Acks{.attempts = std::move(attempts)};
    }
    case v1::CoordinatorMessage::kCancels: {
      EV_ASSIGN_OR_RETURN(std::vector<AttemptId> attempts, attempts_of(message.cancels().attempts()));
      return Cancels{.attempts = std::move(attempts)};
    }
    case v1::CoordinatorMessage::kWithdraw: {
      EV_ASSIGN_OR_RETURN(std::vector<AttemptId> attempts, attempts_of(message.withdraw().attempts()));
      return Withdraw{.attempts = std::move(attempts)};
    }
    case v1::CoordinatorMessage::kDrain: return Drain{};
    case v1::CoordinatorMessage::KIND_NOT_SET: break;
  }
  return invalid("a coordinator message of unknown kind");
}

v1::AgentMessage encode(const AgentMessage& message) {
  v1::AgentMessage proto;
  std::visit(Overloaded{
                 [&](const Hello& hello) { put(hello, proto.mutable_hello()); },
                 [&](const Credits& credits) { put(credits, proto.mutable_credits()); },
                 [&](const Heartbeat& heartbeat) { put(heartbeat, proto.mutable_heartbeat()); },
                 [&](const Draining&) { proto.mutable_draining(); },
                 [&](const Updates& updates) {
                   v1::Updates* list = proto.mutable_updates();
                   for (const Update& update : updates.updates) put(update, list->add_updates());
                 },
             },
             message);
  return proto;
}

v1::CoordinatorMessage encode(const CoordinatorMessage& message) {
  v1::CoordinatorMessage proto;
  std::visit(
      Overloaded{
          [&](const Welcome& welcome) {
            proto.mutable_welcome()->set_heartbeat_ms(static_cast<uint32_t>(welcome.heartbeat.count()));
            proto.mutable_welcome()->set_lease_ms(static_cast<uint32_t>(welcome.lease.count()));
          },
          [&](const Leases& leases) {
            v1::Leases* list = proto.mutable_leases();
            for (const Lease& lease : leases.leases) put(lease, list->add_leases());
          },
          [&](const Acks& acks) { put(acks.attempts, proto.mutable_acks()->mutable_attempts()); },
          [&](const Cancels& cancels) { put(cancels.attempts, proto.mutable_cancels()->mutable_attempts()); },
          [&](const Withdraw& withdraw) { put(withdraw.attempts, proto.mutable_withdraw()->mutable_attempts()); },
          [&](const Drain&) { proto.mutable_drain(); },
      },
      message);
  return proto;
}

}  // namespace evensweep

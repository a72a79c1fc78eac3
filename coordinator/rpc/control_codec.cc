#include "coordinator/rpc/control_codec.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/base/hash.h"
#include "common/base/text.h"
#include "common/model/json.h"
#include "common/wire/limits.h"
#include "common/wire/sweeps_codec.h"

namespace evensweep::coordinator {
namespace {

constexpr size_t kMostReference = 1000;
constexpr int kMostOverrides = 1000;
constexpr uint32_t kMostSweeps = 1000;
constexpr uint32_t kUsualTrials = 1000;
constexpr uint32_t kMostTrials = 10'000;

Status invalid(const std::string& what) { return absl::InvalidArgumentError(what); }

Status check_request_id(const std::string& id) {
  const bool is_word = std::ranges::all_of(id, [](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  });
  if (id.size() >= 8 && id.size() <= 64 && is_word) return absl::OkStatus();
  return invalid("request_id must be 8 to 64 letters, digits and hyphens, new for each request and kept over retries");
}

StatusOr<SweepFile> file_of(const v1::SubmitRequest& request) {
  if (request.file_text().size() > wire::kMostSpec)
    return invalid(fmt::format("file_text is longer than {} bytes", wire::kMostSpec));
  if (!valid_utf8(request.file_text())) return invalid("file_text is not UTF-8");
  if (request.overrides_size() > kMostOverrides) return invalid(fmt::format("more than {} overrides", kMostOverrides));
  for (const std::string& text : request.overrides())
    if (text.size() > wire::kMostText)
      return invalid(fmt::format("override {} is longer than {} bytes", in_quotes(text), wire::kMostText));
  return SweepFile{.text = request.file_text(), .overrides = {request.overrides().begin(), request.overrides().end()}};
}

StatusOr<SweepAction> action_of(v1::SweepAction proto) {
  switch (proto) {
    case v1::SWEEP_ACTION_PAUSE: return SweepAction::kPause;
    case v1::SWEEP_ACTION_RESUME: return SweepAction::kResume;
    case v1::SWEEP_ACTION_STOP: return SweepAction::kStop;
    case v1::SWEEP_ACTION_CANCEL: return SweepAction::kCancel;
    case v1::SWEEP_ACTION_RETRY_FAILED: return SweepAction::kRetryFailed;
    default: return invalid(fmt::format("unknown action {} on a sweep", static_cast<int>(proto)));
  }
}

}  // namespace

StatusOr<std::string> reference_of(const std::string& text, const char* what) {
  if (text.empty()) return invalid(fmt::format("no {} is named", what));
  if (text.size() > kMostReference) return invalid(fmt::format("{} is too long to name a {}", in_quotes(text), what));
  return text;
}

StatusOr<RunKey> run_key_of(const std::string& text) {
  if (!is_sha256(text)) return invalid("run_key is not a SHA-256 sum");
  return RunKey(text);
}

StatusOr<Submission> decode(const v1::SubmitRequest& request) {
  if (!request.request_id().empty()) EV_RETURN_IF_ERROR(check_request_id(request.request_id()));
  if (!request.extends().empty() && !is_sha256(request.extends())) return invalid("extends is no sweep's id");
  EV_ASSIGN_OR_RETURN(Sweep sweep, parse_sweep(request.sweep_json()));
  EV_ASSIGN_OR_RETURN(SweepFile file, file_of(request));
  return Submission{.request = request.request_id(),
                    .sweep = std::move(sweep),
                    .file = std::move(file),
                    .extends = SweepId(request.extends())};
}

StatusOr<SweepControl> decode(const v1::ControlRequest& request) {
  EV_RETURN_IF_ERROR(check_request_id(request.request_id()));
  EV_ASSIGN_OR_RETURN(std::string sweep, reference_of(request.sweep(), "sweep"));
  EV_ASSIGN_OR_RETURN(const SweepAction action, action_of(request.action()));
  return SweepControl{.request = request.request_id(), .sweep = std::move(sweep), .action = action};
}

StatusOr<AgentControl> decode(const v1::AgentRequest& request, AgentAction action) {
  EV_RETURN_IF_ERROR(check_request_id(request.request_id()));
  EV_ASSIGN_OR_RETURN(std::string agent, reference_of(request.agent(), "agent"));
  return AgentControl{.request = request.request_id(), .agent = std::move(agent), .action = action};
}

StatusOr<SweepsQuery> decode(const v1::ListSweepsRequest& request) {
  if (request.limit() > kMostSweeps) return invalid(fmt::format("limit is above {}", kMostSweeps));
  return SweepsQuery{.over_too = request.over_too(), .limit = request.limit() == 0 ? kMostSweeps : request.limit()};
}

StatusOr<TrialsQuery> decode(const v1::TrialsRequest& request) {
  if (request.limit() > kMostTrials) return invalid(fmt::format("limit is above {}", kMostTrials));
  TrialsQuery query{.from = request.from(), .limit = request.limit() == 0 ? kUsualTrials : request.limit()};
  EV_ASSIGN_OR_RETURN(query.sweep, reference_of(request.sweep(), "sweep"));
  for (const int proto : request.states()) {
    EV_ASSIGN_OR_RETURN(const TrialState state, evensweep::decode(static_cast<v1::TrialState>(proto)));
    if (std::ranges::find(query.states, state) == query.states.end()) query.states.push_back(state);
  }
  return query;
}

}  // namespace evensweep::coordinator

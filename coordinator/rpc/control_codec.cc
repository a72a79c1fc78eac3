#include "coordinator/rpc/control_codec.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/model/json.h"
#include "common/wire/sweeps_codec.h"

namespace evensweep::coordinator {
namespace {

Status invalid(const std::string& what) { return absl::InvalidArgumentError(what); }

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

StatusOr<Submission> decode(const v1::SubmitRequest& request) {
  if (!request.request_id().empty()) EV_RETURN_IF_ERROR(check_request_id(request.request_id()));
  EV_RETURN_IF_ERROR(check_extends(request.extends()));
  EV_ASSIGN_OR_RETURN(Sweep sweep, parse_sweep(request.sweep_json()));
  SweepFile file{.text = request.file_text(), .overrides = {request.overrides().begin(), request.overrides().end()}};
  EV_RETURN_IF_ERROR(check_sweep_file(file));
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

#include "cli/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>
#include <utility>

#include "common/model/json.h"
#include "common/wire/agents_codec.h"
#include "common/wire/results_codec.h"
#include "common/wire/status_codec.h"
#include "common/wire/sweeps_codec.h"

namespace evensweep {
namespace {

constexpr Duration kFirstDelay{100};
constexpr Duration kLongestDelay{2'000};
constexpr uint32_t kTrialsOfPage = 1000;

template <typename T, typename Protos>
StatusOr<std::vector<T>> decode_all(const Protos& protos) {
  std::vector<T> values;
  values.reserve(static_cast<size_t>(protos.size()));
  for (const auto& proto : protos) {
    EV_ASSIGN_OR_RETURN(T value, decode(proto));
    values.push_back(std::move(value));
  }
  return values;
}

}  // namespace

std::string new_request_id() {
  std::random_device chance;
  std::string id = fmt::format("{:08x}{:08x}{:08x}{:08x}", chance(), chance(), chance(), chance());
  id[12] = '4';  // RFC 4122: version 4, variant 1
  id[16] = "89ab"[chance() % 4];
  for (const size_t at : {20, 16, 12, 8}) id.insert(at, "-");
  return id;
}

Client::Client(Connection connection, Duration patience, Duration call_limit)
    : connection_(std::move(connection)),
      patience_(patience),
      call_limit_(call_limit),
      sweeps_(v1::Sweeps::NewStub(connection_.channel())),
      agents_(v1::Agents::NewStub(connection_.channel())) {}

StatusOr<Client> Client::connect(const ConnectionOptions& options, Duration patience, Duration call_limit) {
  EV_ASSIGN_OR_RETURN(Connection connection, evensweep::connect(options));
  return Client(std::move(connection), patience, call_limit);
}

Status Client::retried(const std::function<grpc::Status(grpc::ClientContext&)>& call) const {
  return retried(call, call_limit_);
}

// The delay doubles, and half of it is left to chance: clients that lost one coordinator do not come back as one.
Status Client::retried(const std::function<grpc::Status(grpc::ClientContext&)>& call, Duration limit) const {
  std::minstd_rand chance(std::random_device{}());
  const SystemClock clock;
  const TimePoint end = clock.now() + patience_;
  for (Duration delay = kFirstDelay;; delay = std::min(2 * delay, kLongestDelay)) {
    grpc::ClientContext context;
    connection_.prepare(context, limit);
    Status status = connection_.outcome(call(context));
    if (!absl::IsUnavailable(status) || clock.now() + delay > end) return status;
    std::this_thread::sleep_for(delay / 2 +
                                Duration(std::uniform_int_distribution<int64_t>(0, delay.count() / 2)(chance)));
  }
}

StatusOr<Client::Submitted> Client::submit(const Sweep& sweep, const SweepFile& file, const SweepId& extends) {
  v1::SubmitRequest request;
  request.set_sweep_json(to_json(sweep).dump());
  request.set_request_id(new_request_id());
  request.set_file_text(file.text);
  for (const std::string& text : file.overrides) request.add_overrides(text);
  request.set_extends(extends.str());
  v1::SubmitResponse response;
  EV_RETURN_IF_ERROR(retried([&](auto& context) { return sweeps_->Submit(&context, request, &response); }));
  return Submitted{.id = SweepId(response.sweep_id()), .status = decode(response.status()), .known = response.known()};
}

StatusOr<Client::SweepsPage> Client::sweeps(bool over_too, uint32_t limit) {
  v1::ListSweepsRequest request;
  request.set_over_too(over_too);
  request.set_limit(limit);
  v1::ListSweepsResponse response;
  EV_RETURN_IF_ERROR(retried([&](auto& context) { return sweeps_->List(&context, request, &response); }));
  SweepsPage page{.more = response.more()};
  EV_ASSIGN_OR_RETURN(page.sweeps, decode_all<SweepView>(response.sweeps()));
  return page;
}

StatusOr<SweepView> Client::sweep(const std::string& sweep) {
  v1::SweepRequest request;
  request.set_sweep(sweep);
  v1::SweepView response;
  EV_RETURN_IF_ERROR(retried([&](auto& context) { return sweeps_->Get(&context, request, &response); }));
  return decode(response);
}

StatusOr<SweepDefinition> Client::definition(const std::string& sweep) {
  v1::SweepRequest request;
  request.set_sweep(sweep);
  v1::SweepDefinition response;
  EV_RETURN_IF_ERROR(retried([&](auto& context) { return sweeps_->Define(&context, request, &response); }));
  return decode(response);
}

StatusOr<std::vector<TrialView>> Client::trials(const std::string& sweep, const std::vector<TrialState>& states,
                                                size_t most) {
  v1::TrialsRequest request;
  request.set_sweep(sweep);
  for (const TrialState state : states) request.add_states(encode(state));
  std::vector<TrialView> all;
  while (all.size() < most) {
    request.set_limit(static_cast<uint32_t>(std::min<size_t>(kTrialsOfPage, most - all.size())));
    v1::TrialsResponse response;
    EV_RETURN_IF_ERROR(retried([&](auto& context) { return sweeps_->Trials(&context, request, &response); }));
    EV_ASSIGN_OR_RETURN(std::vector<TrialView> page, decode_all<TrialView>(response.trials()));
    std::move(page.begin(), page.end(), std::back_inserter(all));
    if (!response.has_next() || response.next() <= request.from()) break;
    request.set_from(response.next());
  }
  return all;
}

StatusOr<Client::Controlled> Client::control(const std::string& sweep, v1::SweepAction action) {
  v1::ControlRequest request;
  request.set_request_id(new_request_id());
  request.set_sweep(sweep);
  request.set_action(action);
  v1::ControlResponse response;
  EV_RETURN_IF_ERROR(retried([&](auto& context) { return sweeps_->Control(&context, request, &response); }));
  EV_ASSIGN_OR_RETURN(SweepView view, decode(response.sweep()));
  return Controlled{.sweep = std::move(view), .changed = response.changed()};
}

StatusOr<Client::TrialExplained> Client::explain(const std::string& trial) {
  v1::TrialRequest request;
  request.set_trial(trial);
  v1::ExplainResponse response;
  EV_RETURN_IF_ERROR(retried([&](auto& context) { return sweeps_->Explain(&context, request, &response); }));
  EV_ASSIGN_OR_RETURN(TrialView view, decode(response.trial()));
  return TrialExplained{.trial = std::move(view),
                        .explanation = {.lines = {response.lines().begin(), response.lines().end()}}};
}

StatusOr<Client::TrialAttempts> Client::attempts(const std::string& trial) {
  v1::TrialRequest request;
  request.set_trial(trial);
  v1::AttemptsResponse response;
  EV_RETURN_IF_ERROR(retried([&](auto& context) { return sweeps_->Attempts(&context, request, &response); }));
  TrialAttempts found;
  EV_ASSIGN_OR_RETURN(found.trial, decode(response.trial()));
  EV_ASSIGN_OR_RETURN(found.attempts, decode_all<AttemptView>(response.attempts()));
  return found;
}

StatusOr<StoredSweep> Client::results(const std::string& sweep) {
  v1::SweepRequest request;
  request.set_sweep(sweep);
  std::optional<ResultsDecoder> decoder;
  Status wrong;
  EV_RETURN_IF_ERROR(retried(
      [&](auto& context) {
        decoder.emplace();
        wrong = absl::OkStatus();
        const auto reader = sweeps_->Results(&context, request);
        v1::ResultsPart part;
        while (reader->Read(&part)) {
          wrong = decoder->add(part);
          if (wrong.ok()) continue;
          context.TryCancel();
          break;
        }
        const grpc::Status end = reader->Finish();
        return wrong.ok() ? end : grpc::Status::OK;
      },
      Duration(0)));
  EV_RETURN_IF_ERROR(wrong);
  return (*std::move(decoder)).finish();
}

StatusOr<std::optional<RunResult>> Client::result(const RunKey& run) {
  v1::ResultRequest request;
  request.set_run_key(run.str());
  v1::ResultResponse response;
  const Status status = retried([&](auto& context) { return sweeps_->Result(&context, request, &response); });
  if (absl::IsNotFound(status)) return std::nullopt;
  EV_RETURN_IF_ERROR(status);
  return parse_run_result(response.result_json());
}

Status Client::log(const std::string& trial, bool follow, const std::function<bool(const std::string& text)>& take) {
  v1::LogsRequest request;
  request.set_trial(trial);
  request.set_follow(follow);
  grpc::ClientContext context;
  connection_.prepare(context, Duration(0));
  const auto reader = sweeps_->Logs(&context, request);
  v1::LogPiece piece;
  while (reader->Read(&piece)) {
    if (take(piece.text())) continue;
    context.TryCancel();
    static_cast<void>(reader->Finish());
    return absl::OkStatus();
  }
  return connection_.outcome(reader->Finish());
}

StatusOr<std::vector<AgentView>> Client::agents() {
  v1::ListAgentsResponse response;
  EV_RETURN_IF_ERROR(retried([&](auto& context) { return agents_->List(&context, {}, &response); }));
  return decode_all<AgentView>(response.agents());
}

StatusOr<AgentView> Client::drain(const std::string& agent) {
  v1::AgentRequest request;
  request.set_request_id(new_request_id());
  request.set_agent(agent);
  v1::AgentView response;
  EV_RETURN_IF_ERROR(retried([&](auto& context) { return agents_->Drain(&context, request, &response); }));
  return decode(response);
}

StatusOr<AgentView> Client::release(const std::string& agent) {
  v1::AgentRequest request;
  request.set_request_id(new_request_id());
  request.set_agent(agent);
  v1::AgentView response;
  EV_RETURN_IF_ERROR(retried([&](auto& context) { return agents_->Release(&context, request, &response); }));
  return decode(response);
}

}  // namespace evensweep

#pragma once
// What the verbs ask of a coordinator, as plain values. Each call is tried again for a while where the coordinator is
// not reached, with the same request id, so that what was done already is not done twice.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/connection.h"
#include "common/model/views.h"
#include "evensweep/v1/agents.grpc.pb.h"
#include "evensweep/v1/sweeps.grpc.pb.h"

namespace evensweep {

inline constexpr Duration kPatience{5'000};        // of a single call
inline constexpr Duration kLongPatience{600'000};  // of verbs that follow something: a coordinator may be restarted

// A new one for what a person wants: a random UUID.
std::string new_request_id();

class Client {
 public:
  struct Submitted {
    SweepId id;
    SweepStatus status;
    bool known = false;  // it had been submitted before
  };
  struct Controlled {
    SweepView sweep;
    uint64_t changed = 0;
  };
  struct TrialAttempts {
    TrialView trial;
    std::vector<AttemptView> attempts;
  };
  struct TrialExplained {
    TrialView trial;
    Explanation explanation;
  };
  struct SweepsPage {
    std::vector<SweepView> sweeps;
    bool more = false;
  };

  // A call is tried again for `patience`, and may take `call_limit` each time.
  explicit Client(Connection connection, Duration patience = kPatience, Duration call_limit = kCallLimit);
  static StatusOr<Client> connect(const ConnectionOptions& options, Duration patience = kPatience,
                                  Duration call_limit = kCallLimit);

  StatusOr<Submitted> submit(const Sweep& sweep, const SweepFile& file, const SweepId& extends = {});
  StatusOr<SweepsPage> sweeps(bool over_too, uint32_t limit = 0);  // 0: as many as come at once
  StatusOr<SweepView> sweep(const std::string& sweep);
  StatusOr<SweepDefinition> definition(const std::string& sweep);
  // The first `most` of those in these states (none: in any), by arm and seed.
  StatusOr<std::vector<TrialView>> trials(const std::string& sweep, const std::vector<TrialState>& states, size_t most);
  StatusOr<Controlled> control(const std::string& sweep, v1::SweepAction action);
  StatusOr<TrialExplained> explain(const std::string& trial);
  StatusOr<TrialAttempts> attempts(const std::string& trial);
  StatusOr<StoredSweep> results(const std::string& sweep);
  // Absent where the run has not finished.
  StatusOr<std::optional<RunResult>> result(const RunKey& run);
  // What the running attempt of a trial writes, as it comes. False from `take` ends it.
  Status log(const std::string& trial, bool follow, const std::function<bool(const std::string& text)>& take);
  StatusOr<std::vector<AgentView>> agents();
  StatusOr<AgentView> drain(const std::string& agent);
  StatusOr<AgentView> release(const std::string& agent);

  const Connection& connection() const { return connection_; }

 private:
  Status retried(const std::function<grpc::Status(grpc::ClientContext&)>& call) const;
  Status retried(const std::function<grpc::Status(grpc::ClientContext&)>& call, Duration limit) const;

  Connection connection_;
  Duration patience_, call_limit_;
  std::unique_ptr<v1::Sweeps::Stub> sweeps_;
  std::unique_ptr<v1::Agents::Stub> agents_;
};

}  // namespace evensweep

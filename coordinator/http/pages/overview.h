#pragma once
// The pages about everything here: sweeps, agents, what waits, who did what. frame.h tells what such functions are.

#include <optional>
#include <string>
#include <vector>

#include "coordinator/http/pages/estimate.h"
#include "coordinator/http/pages/frame.h"
#include "coordinator/store/reader.h"

namespace evensweep::coordinator {

struct ListedSweep {
  SweepView view;
  std::optional<SweepFigures> figures;  // absent: not asked for
};
struct OverviewFacts {
  std::vector<ListedSweep> sweeps;  // newest first
  bool more = false;                // there are older ones
  std::vector<AgentView> agents;
};
std::string overview_title(const OverviewFacts& facts);
std::string overview_parts(const OverviewFacts& facts, const Seat& seat);
std::string overview_page(const OverviewFacts& facts, const Seat& seat);

struct AgentsFacts {
  std::vector<AgentView> agents;
  std::vector<LeaseView> leases;
};
std::string agents_parts(const AgentsFacts& facts, const Seat& seat);
std::string agents_page(const AgentsFacts& facts, const Seat& seat);

std::string queue_parts(const std::vector<QueuedSweep>& queue, const Seat& seat);
std::string queue_page(const std::vector<QueuedSweep>& queue, const Seat& seat);

// `rows` newest first, with one more than is shown where there are older ones.
inline constexpr uint32_t kAuditRows = 100;
std::string audit_page(const std::vector<AuditRow>& rows, const Seat& seat);

// Where a token is typed in; `to` is where it goes on. `wrong`: the last one was not known.
std::string login_page(const std::string& to, bool wrong, const Seat& seat);
// Asks whether `what` is meant; `path` is posted to if so, `back` is where it goes on if not.
std::string confirm_page(const std::string& question, const std::string& consequence, const std::string& path,
                         const std::string& words, const std::string& back, const Seat& seat);
std::string error_page(int status, const std::string& message, const std::string& id);

}  // namespace evensweep::coordinator

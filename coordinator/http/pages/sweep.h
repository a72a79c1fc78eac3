#pragma once
// The pages of one sweep: how it stands, why trials failed, what was trained when, and each of its trials.

#include <optional>
#include <string>
#include <vector>

#include "coordinator/host/control.h"
#include "coordinator/http/pages/estimate.h"
#include "coordinator/http/pages/frame.h"
#include "coordinator/store/reader.h"

namespace evensweep::coordinator {

// "12 min to 20 min"; "not known yet".
std::string time_left_text(const std::optional<std::pair<double, double>>& left);

// So many trials at most are dots of one page, and so many seeds.
inline constexpr uint64_t kMostCells = 2000, kMostColumns = 100;

struct SweepFacts {
  SweepGrid grid;
  SweepFigures figures;
  uint32_t slots = 0;  // of all connected agents
};
std::string sweep_title(const SweepFacts& facts);
std::string sweep_parts(const SweepFacts& facts, const Seat& seat);
std::string sweep_page(const SweepFacts& facts, const Seat& seat);
// Arm by seed, each trial a dot by state.
std::string completeness_grid(const SweepGrid& grid);

// Positions of seeds are turned into the seeds themselves by `seeds`.
struct FailuresFacts {
  SweepView sweep;
  std::vector<std::string> arms;
  std::vector<uint64_t> seeds;
  std::vector<FailureGroup> groups;
};
std::string failures_page(const FailuresFacts& facts, const Seat& seat);

struct TimelineFacts {
  SweepView sweep;
  std::vector<std::string> arms;
  std::vector<uint64_t> seeds;
  std::vector<PastAttempt> attempts;  // in the order of their beginning
};
std::string timeline_page(const TimelineFacts& facts, const Seat& seat);

struct TrialsFacts {
  SweepView sweep;
  TrialsPage page;
  std::optional<TrialState> state;  // those alone
};
std::string trials_page(const TrialsFacts& facts, const Seat& seat);

struct TrialFacts {
  SweepView sweep;
  TrialView trial;
  std::vector<AttemptView> attempts;
  std::vector<std::string> lines;  // why it waits, or what became of it
  std::vector<std::string> classes;
  std::optional<RunResult> result, baseline;  // of its seed
};
std::string trial_title(const TrialFacts& facts);
std::string trial_parts(const TrialFacts& facts, const Seat& seat);
std::string trial_page(const TrialFacts& facts, const Seat& seat);

}  // namespace evensweep::coordinator

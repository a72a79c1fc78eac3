#pragma once
// Sweeps, trials and agents as text for people. Pure: `now` is milliseconds since 1970. Texts of several
// lines end with a line feed.

#include <cstdint>
#include <string>
#include <vector>

#include "common/model/views.h"

namespace evensweep {

// "5 s", "12 min", "3 h", "4 d": rounded down, the largest unit alone.
std::string age_text(int64_t from, int64_t now);
// "1.5 GiB"
std::string bytes_text(uint64_t bytes);

// "attempt 2 on gpu7-1a2b (gpu7, cuda:1), 12 min: trainer_error: the trainer exited with 3"
std::string attempt_line(const AttemptView& attempt, int64_t now);

std::string sweeps_table(const std::vector<SweepView>& sweeps, int64_t now, size_t width);
std::string trials_table(const std::vector<TrialView>& trials, size_t width);
std::string agents_table(const std::vector<AgentView>& agents, int64_t now, size_t width);

// "3 of 4 agents connected, 12 of 16 slots train"
std::string agents_line(const std::vector<AgentView>& agents);

// How a sweep stands, what of it is running and what has failed.
struct SweepPicture {
  SweepView sweep;
  std::vector<TrialView> running, failed;  // the first few of them
};
std::string picture_text(const SweepPicture& picture, int64_t now, size_t width);

// Trials of a sweep that have no result and will have none as things stand: failed or given up.
uint64_t missing_trials(const SweepStatus& status);

// "4 of 80 trials have no result; why: evensweep ls 4f2a11c09bd3 ...": after the end of a sweep with missing trials.
std::string missing_text(const SweepView& sweep);

}  // namespace evensweep

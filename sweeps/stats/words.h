#pragma once
// Numbers as people read them, and the texts made of evidence. Internal to sweeps/stats.

#include <string>
#include <vector>

#include "common/model/result.h"
#include "sweeps/stats/evidence.h"

namespace evensweep {

std::string in_pp2(double variance);  // 0.00123 -> "12.3": squared percentage points, three digits, no exponent
std::string in_pp(double share);      // 0.0123 -> "1.23"
std::string p_text(double p);         // "0.031", "< 0.0001"

// "12 comparisons", "max-T over 12 comparisons (2 of them not testable)": what limits the smallest p.
std::string family_words(const AnalysisSpec& analysis, const Evidence& evidence);

// Sets kind and verdict from what is in `arm`; `evidence` gives the family and the blocks.
void judge(const AnalysisSpec& analysis, const Evidence& evidence, ArmEvidence& arm);

// What applies to this sweep and its results.
std::vector<std::string> find_traps(const SweepResults& results, const Evidence& evidence);

// More than a tenth of the planned blocks lack: what is left may differ from what is lost, so no verdict.
bool too_many_blocks_lost(int64_t complete, int64_t planned);

}  // namespace evensweep

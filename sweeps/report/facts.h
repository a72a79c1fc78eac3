#pragma once
// What the documents say in words. Plain text: the renderers escape it.

#include <string>
#include <vector>

#include "sweeps/report/index.h"

namespace evensweep {

std::string report_title(View results);
// A warning that not all planned runs finished; "" if all did.
std::string interim_warning(View results);
struct VerdictLine {
  std::string arm, sentence;
  bool primary = false;
};
std::vector<VerdictLine> verdicts(const ResultsIndex& index);
// Whether a selection left the arm out, so that there is nothing to show of it but in the table of the selection.
bool is_left_out(View arm);
std::vector<std::string> design_lines(const ResultsIndex& index);
std::vector<std::string> completeness_lines(const ResultsIndex& index);
// What the control arms gave, in one line, or that there are none.
std::string controls_line(const ResultsIndex& index);
// Arms whose treatment is that of the baseline in every block.
std::vector<std::string> identity_lines(const ResultsIndex& index);
std::vector<std::string> time_lines(View results);

struct Fact {
  std::string name, value;
};
// Versions, digests, hardware, seeds.
std::vector<Fact> reproduction_facts(View results);
// Which tests of an arm say something else than the verdict's; and why there is no diagram of ranks.
std::vector<std::string> robustness_lines(const ResultsIndex& index);
// What the reproducibility checklists of conferences ask for (ACL, NeurIPS).
std::vector<Fact> checklist_answers(const ResultsIndex& index);
// What stands above and below the drawings.
std::string surface_words();
std::string dose_words(View results);
std::string classes_words();
std::string tradeoff_words();
std::string confusion_words();
std::string seeds_words();
std::string selection_words();
std::string loss_words();
std::string robustness_words();

// Test, number of seeds, correction and intervals: what the caption of a table must say.
std::string table_words(const ResultsIndex& index);

// What makes this report again, and what it needs beside it.
std::string reproduction_command(View results);
std::string reproduction_words(View results);
// The sweep file; "" where the results do not have it.
std::string sweep_file_text(View results);

// "simultaneous confidence interval, which holds for all arms together": of D_u.
std::string interval_words(View results);
// "sign-flip test, one-sided, Holm-adjusted"
std::string test_words(View analysis);
// Whether there are numbers of the arm: complete blocks, and it is no identity.
bool is_compared(View arm);
// "effective, accuracy falls": the verdict of an arm in few words.
std::string short_verdict(View arm);

}  // namespace evensweep

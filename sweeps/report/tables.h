#pragma once
// The tables of the documents as cells of plain text. The renderers escape them.

#include <string>
#include <vector>

#include "sweeps/report/index.h"

namespace evensweep {

// The first column heads its row; all others are numbers unless `wordy`.
struct Table {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
  bool wordy = false;
};

// Whether each cell of the column begins with a number, or says that there is none; not the first column.
bool is_number_column(const Table& table, size_t column);

Table arms_table(const ResultsIndex& index);
Table blocks_table(const ResultsIndex& index);  // D_u of each arm at each seed
Table classes_table(View arm);
Table confusion_table(const ResultsIndex& index, const MeanConfusion& matrix);
Table weights_table(const ResultsIndex& index);  // class weights, seed means; no row where none are known
Table curves_table(const ResultsIndex& index);   // last epoch, seed means
// Other tests of the same differences, and what is left when one seed is left out.
Table robustness_table(const ResultsIndex& index);
Table effects_table(const ResultsIndex& index);      // sizes of effect in other units
Table measures_table(const ResultsIndex& index);     // accuracy, worst class and others, before and after
Table other_tests_table(const ResultsIndex& index);  // Wilcoxon, permutation, other corrections, Bayes
Table test_set_table(const ResultsIndex& index);     // what the finite test set adds to the uncertainty
Table selection_table(const ResultsIndex& index);    // what each arm gave on selection seeds, and on the sweep's
Table trends_table(const ResultsIndex& index);       // of D_u along a parameter
Table controls_table(const ResultsIndex& index);
Table cost_table(const ResultsIndex& index);  // training times, paired by seed
Table missing_table(const ResultsIndex& index);
Table failures_table(const ResultsIndex& index);
Table notes_table(const ResultsIndex& index);  // what methods said about their treatments
Table runs_table(const ResultsIndex& index);

}  // namespace evensweep

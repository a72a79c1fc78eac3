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

Table arms_table(const ResultsIndex& index);
Table blocks_table(const ResultsIndex& index);  // D_u of each arm at each seed
Table classes_table(View arm);
Table confusion_table(const ResultsIndex& index, const MeanConfusion& matrix);
Table weights_table(const ResultsIndex& index);  // class weights, seed means; no row where none are known
Table curves_table(const ResultsIndex& index);   // last epoch, seed means
Table missing_table(const ResultsIndex& index);
Table failures_table(const ResultsIndex& index);
Table notes_table(const ResultsIndex& index);  // what methods said about their treatments
Table runs_table(const ResultsIndex& index);

}  // namespace evensweep

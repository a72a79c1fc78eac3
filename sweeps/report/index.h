#pragma once
// Finds things in a results document. Views point into the document, which must outlive the index.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sweeps/report/view.h"

namespace evensweep {

// Mean over runs of the row-normalised test counts, row-major; absent where no run has an example of that class.
struct MeanConfusion {
  size_t classes = 0;
  size_t runs = 0;  // that have confusions
  std::vector<std::optional<double>> rates;
};

// Whether the intervals of D_u hold for all arms together.
bool is_simultaneous(View results);
// Mean of D_u and its interval that the design calls for: of the family, or of the arm alone.
View effect_of(View results, View arm);

class ResultsIndex {
 public:
  explicit ResultsIndex(const Json& results);

  View root() const { return root_; }
  const std::vector<View>& arms() const { return arms_; }  // in sweep order, without the baseline
  const std::vector<std::string>& class_names() const { return class_names_; }

  // The finished runs of an arm ("baseline" too) at the seeds of the arm's complete blocks; for the baseline at all
  // seeds at which some arm has one, or at which it finished if there are none.
  std::vector<View> compared_runs(const std::string& arm) const;
  std::vector<View> finished_runs(const std::string& arm) const;

  MeanConfusion mean_confusion(const std::vector<View>& runs) const;
  // Mean over the seeds of the arm's rates less those of the baseline; absent too where the Student t interval of that
  // cell at the analysis' level holds 0. With one seed nothing is left out.
  MeanConfusion confusion_change(const std::string& arm) const;
  // Mean class weights, empty where there are none.
  std::vector<double> mean_weights(const std::vector<View>& runs) const;

 private:
  View root_;
  std::vector<View> arms_;
  std::vector<std::string> class_names_;
  std::map<std::string, std::vector<std::pair<View, bool>>> runs_of_arm_;  // run, in a complete block
};

}  // namespace evensweep

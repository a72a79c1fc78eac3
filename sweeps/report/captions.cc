// The words above and below the drawings, the same on the page and on paper.

#include "sweeps/report/facts.h"

namespace evensweep {

std::string surface_words() {
  return "Mean D_u in pp² and number of seeds n, the same colours for all methods: blue more even, vermillion less. * "
         "reduction, † increase, significant after adjustment. Hatched: nothing was compared.";
}

std::string dose_words(View results) {
  return "Dose and response. Bands: " + interval_words(results) +
         ". Values of the parameter stand at equal distances, and all methods have the same vertical axis.";
}

std::string classes_words() {
  return "Seed means; the class that the baseline serves worst comes first, and all arms have the same axis. Grey: "
         "baseline. Blue: the class gained, vermillion: it lost. Whiskers: confidence intervals of each mean alone.";
}

std::string tradeoff_words() {
  return "Up: more accurate. Left: more even. Dashed: the front of what no other arm surpasses in both. Crosses: "
         "confidence intervals of each mean alone.";
}

std::string confusion_words() {
  return "Rows: true classes; columns: predicted classes. Shades go with the square root of the rate, so that "
         "confusions of a few percent show. A difference of 25 pp has the full colour: blue where the arm predicts "
         "more often, vermillion where it does so less often; blank where the confidence interval of that change alone "
         "holds 0.";
}

std::string selection_words() {
  return "Arms were chosen on selection seeds by validation data; the verdicts rest on the sweep's own seeds and test "
         "data alone. What looked best shrinks: the shrinkage is what choosing it had added.";
}

std::string seeds_words() {
  return "Var_u at each seed, left the baseline, right the arm. Blue: more even at this seed, vermillion: less.";
}

std::string loss_words() {
  return "Training loss, seed means. Losses of arms with different weights are not comparable.";
}

std::string robustness_words() {
  return "One-sided p values of a reduction, of each arm alone: none of them is adjusted, and none changes the "
         "verdict.";
}

}  // namespace evensweep

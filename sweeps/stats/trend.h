#pragma once
// Does D_u rise with a hyperparameter? One test for a whole row of a grid. Formula: docs/statistics.md, section 11.

#include <string>
#include <vector>

#include "sweeps/stats/evidence.h"

namespace evensweep {

// Arms of one method that differ in one parameter alone, three values of it at least.
struct Trend {
  std::string method, parameter, fixed;  // fixed: "beta=0.99, counts=tpr", what all of them share
  std::vector<size_t> arms;              // places in the evidence, by rising parameter
  PairedSummary slope;                   // of D_u per unit of the parameter, by least squares in each block
  SignFlip sign_flip;                    // of these slopes
};
std::vector<Trend> find_trends(const Evidence& evidence, double alpha);

}  // namespace evensweep

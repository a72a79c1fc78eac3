#pragma once
// The classes of the test rows, which no run stores: with them a report tells the test set's part of the uncertainty.

#include "common/model/result.h"
#include "sweeps/stats/test_set.h"

namespace evensweep {

// Reads the data set of `sweep` at its paths. Empty where it can't be read any more, or no run has predictions: the
// report then says less.
TestLabels read_test_labels(const Sweep& sweep, const SweepResults& results);

}  // namespace evensweep

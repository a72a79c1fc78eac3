#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "agent/trainer/examples.h"
#include "agent/trainer/model.h"
#include "common/model/result.h"

namespace evensweep {

struct Evaluation {
  ConfusionMatrix confusion;
  std::vector<uint16_t> predictions;  // of each row, in their order; ties go to the lowest class
  bool finite = true;                 // false: some logit is not a number, and the rest means nothing

  double accuracy() const;
};

// Classifies `rows`. `go_on` is asked between batches; when it says no, there is no evaluation.
std::optional<Evaluation> evaluate(Model& model, const Examples& examples, std::span<const uint32_t> rows,
                                   const Execution& execution, const std::function<bool()>& go_on);

}  // namespace evensweep

#pragma once

#include <string>
#include <vector>

#include "common/model/spec.h"

namespace evensweep {

// A TorchScript module for points_run's data (4 features, 3 classes), as Python would save it.
struct ScriptModule {
  std::string forward = {};                        // the code of its methods; empty: that of kScriptForward
  std::vector<std::string> methods = {};           // more of them
  bool float64 = false;                            // parameters in float64
  std::vector<std::string> spare_parameters = {};  // that nothing uses
};
inline constexpr char kScriptForward[] = R"(
def forward(self, x):
    self.seen = self.seen + float(x.size(0)) if self.training else self.seen
    h = torch.relu(torch.matmul(x, self.w1.t()) + self.b1)
    h = torch.dropout(h, 0.25, self.training)
    return torch.matmul(h, self.w2.t()) + self.b2
)";
inline constexpr char kScriptReset[] = R"(
def reset_parameters(self) -> None:
    self.w1.normal_(0., 0.7)
    self.w2.normal_(0., 0.5)
)";

// Writes it to `path`.
DataFile write_script_module(const std::string& path, const ScriptModule& module);

}  // namespace evensweep

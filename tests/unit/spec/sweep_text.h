#pragma once

#include <string>
#include <string_view>

namespace evensweep {

// A small good sweep file; tests put other lines in the place of its own.
inline constexpr char kGoodSweep[] = R"(version: 1
name: example
dataset:
  format: csv
  path: a.csv
model: mlp
training:
  epochs: 5
seeds: 3
methods:
  - method: tpr_weighting
    gamma: [1, 2]
)";

// The same for images.
inline constexpr char kGoodImages[] = R"(version: 1
name: example
dataset:
  format: cifar10
  train: a.bin
  test: b.bin
model: resnet20
training:
  epochs: 5
seeds: 3
methods:
  - method: tpr_weighting
    gamma: [1, 2]
)";

inline std::string with(std::string text, std::string_view line, std::string_view instead) {
  const size_t at = text.find(line);
  return at == std::string::npos ? "the text does not hold: " + std::string(line)
                                 : text.replace(at, line.size(), instead);
}

}  // namespace evensweep

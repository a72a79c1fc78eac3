#pragma once
// Internal to sweeps/spec.

#include <span>
#include <string>

#include "sweeps/spec/yaml.h"

namespace evensweep {

// Puts "training.epochs=5" into the tree, whether or not the key is a known one: validation says that afterwards.
void apply_overrides(std::span<const std::string> overrides, YamlNode& root, Problems& problems);

}  // namespace evensweep

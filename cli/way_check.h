#pragma once
// The way from this machine to a coordinator, step by step, and what to do where it ends.

#include <string>
#include <vector>

#include "cli/connection.h"
#include "cli/finding.h"

namespace evensweep {

// Whether somebody has named a coordinator: a flag, the environment or client.yaml.
bool names_coordinator(const ConnectionOptions& flags);

// Its name, a connection to each of the addresses behind that, TLS and token by a call, and its clock by when it last
// heard of its agents. Each address has a few seconds. Blocks.
std::vector<Finding> check_way(const ConnectionOptions& flags);

// What to do where a connection fails with this errno. Pure.
std::string connect_advice(int error, const std::string& where);

// How the clock of `heard`, when a coordinator last heard of an agent that is connected, fits to ours. Both in
// milliseconds since 1970. Pure.
Finding clock_finding(int64_t heard, int64_t now);

}  // namespace evensweep

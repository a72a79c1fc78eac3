#pragma once

#include <CLI/CLI.hpp>

namespace evensweep {

// Adds `evensweep certs`: a certificate authority of one's own, certificates and tokens for a lab.
void add_certs(CLI::App& app, int& exit_code);

}  // namespace evensweep

#pragma once
// What the verbs that talk to a coordinator have in common.

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "cli/client.h"
#include "cli/connection.h"
#include "common/base/status.h"

namespace evensweep {

struct VerbOptions {
  ConnectionOptions connection;
  std::string output = "table";                                     // table | json | quiet
  double patience = static_cast<double>(kPatience.count()) / 1000;  // seconds that a call is tried for
  bool quiet() const { return output == "quiet"; }
  bool json() const { return output == "json"; }
  StatusOr<Client> connect() const;
};

// Adds the way to the coordinator, --patience and -o.
void add_verb_options(CLI::App& verb, VerbOptions& options);

// Runs the verb when it was given; its error is told in one line and becomes the exit code.
void run_verb(CLI::App& verb, int& exit_code, std::function<StatusOr<int>()> work);

// A command for people to type next, with the way to the coordinator as it was given: "evensweep status 4f2a --watch".
std::string next_command(const VerbOptions& options, const std::string& words);

// Prints the JSON document, the quiet text or the text for people, whichever was asked for. The last one is made for a
// width in characters: the terminal's, or as much as is needed where the output is none.
Status show(const VerbOptions& options, const std::function<std::string()>& json, const std::string& quiet,
            const std::function<std::string(size_t width)>& text);

// Wall clock in milliseconds since 1970.
int64_t wall_clock();

}  // namespace evensweep

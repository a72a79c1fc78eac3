#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "cli/command_tree.h"
#include "cli/completion.h"
#include "cli/exit_code.h"
#include "cli/help_text.h"
#include "cli/terminal.h"

namespace evensweep {
namespace {

constexpr int kHelpWidth = 80;

int main_of(int argc, char** argv) {
  CLI::App app("Finds out, with evidence, which rebalancing method makes a classifier treat its classes more evenly.",
               "evensweep");
  // Both are taken over by each verb that is added.
  app.formatter(help_formatter(static_cast<size_t>(std::min(detect_terminal().width, kHelpWidth))));
  app.set_help_flag("-h,--help", "Print this");
  app.set_version_flag("--version", "evensweep " EVENSWEEP_VERSION, "Print the version");
  app.require_subcommand(1);
  app.footer(
      "Examples:\n"
      "  evensweep init my.csv                    a first sweep file for a table of your own\n"
      "  evensweep plan sweeps/digits.yaml        what would be trained\n"
      "  evensweep run sweeps/digits.yaml         train it here and write the report\n"
      "  evensweep analyze results.csv            the same report for results from anywhere\n"
      "  evensweep compare results/a results/b    two sweeps side by side\n"
      "  evensweep coordinator, evensweep agent   the same on many machines\n"
      "evensweep COMMAND --help says more of each. Exit codes: 0 ok, 1 failed, 2 wrong usage or file, 3 trials without "
      "result, 4 coordinator not reached, 5 not authorised, 130 interrupted.");
  int exit_code = kOk;
  add_all_verbs(app, exit_code);
  const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  if (words.empty()) {
    std::fputs(app.help().c_str(), stdout);
    return kOk;
  }
  if (words[0] == "__complete") {  // its words are not ours to understand
    std::fputs(answer(app, {words.begin() + 1, words.end()}).c_str(), stdout);
    return kOk;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    say(usage_error(app, words, error.what()));
    return kUsage;
  }
  return exit_code;
}

}  // namespace
}  // namespace evensweep

int main(int argc, char** argv) {
  evensweep::occupy_standard_descriptors();
  // Children are started by posix_spawn only; gRPC's fork handlers can only do harm. Before any gRPC call.
  setenv("GRPC_ENABLE_FORK_SUPPORT", "false", 1);
  try {
    return evensweep::main_of(argc, argv);
  } catch (const std::exception& error) {
    evensweep::say(std::string("unexpected: ") + error.what());
    return evensweep::kFailed;
  }
}

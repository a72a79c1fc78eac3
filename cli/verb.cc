#include "cli/verb.h"

#include <algorithm>
#include <utility>

#include "cli/exit_code.h"
#include "cli/terminal.h"
#include "cli/text_table.h"
#include "common/base/clock.h"

namespace evensweep {
namespace {

// As a word of a shell command.
std::string shell_word(const std::string& text) {
  const bool plain = std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("-_./:=,@%+").find(c) != std::string_view::npos;
  });
  if (plain && !text.empty()) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace

StatusOr<Client> VerbOptions::connect() const {
  return Client::connect(connection, Duration(static_cast<int64_t>(patience * 1000)));
}

void add_verb_options(CLI::App& verb, VerbOptions& options) {
  add_connection_options(verb, options.connection);
  verb.add_option("--patience", options.patience, "Seconds to try on where the coordinator is not reached (default: 5)")
      ->check(CLI::Range(0.0, 86400.0));
  verb.add_option("-o,--output", options.output, "table, json (docs/format/cli-json.md) or quiet")
      ->check(CLI::IsMember({"table", "json", "quiet"}));
}

void run_verb(CLI::App& verb, int& exit_code, std::function<StatusOr<int>()> work) {
  verb.callback([&exit_code, work = std::move(work)] {
    const StatusOr<int> code = work();
    if (!code.ok()) say(std::string(code.status().message()));
    exit_code = code.ok() ? *code : exit_code_of(code.status());
  });
}

std::string next_command(const VerbOptions& options, const std::string& words) {
  std::string command = "evensweep " + words;
  const auto add = [&](const char* flag, const std::string& value) {
    if (!value.empty()) command += std::string(" ") + flag + " " + shell_word(value);
  };
  add("--coordinator", options.connection.coordinator);
  add("--ca", options.connection.ca);
  add("--cert", options.connection.cert);
  add("--key", options.connection.key);
  add("--token-file", options.connection.token_file);
  return command;
}

Status show(const VerbOptions& options, const std::function<std::string()>& json, const std::string& quiet,
            const std::function<std::string(size_t width)>& text) {
  if (options.json()) return print(json());
  if (options.quiet()) return quiet.empty() ? absl::OkStatus() : print(quiet);
  const Terminal terminal = detect_terminal();
  return print(text(terminal.out_is_terminal ? static_cast<size_t>(terminal.width) : kUnbounded));
}

int64_t wall_clock() { return SystemClock().unix_millis(); }

}  // namespace evensweep

#include "cli/agent_config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/connection_settings.h"
#include "cli/places.h"
#include "common/base/file.h"
#include "common/base/text.h"
#include "common/model/spec.h"
#include "common/wire/limits.h"
#include "sweeps/spec/values.h"

namespace evensweep {
namespace {

std::vector<std::string> read_command(const Value& value) {
  std::vector<std::string> command;
  for (const Value& word : value.list()) command.push_back(word.text().value_or(""));
  if (!command.empty() && !command[0].starts_with("/"))
    value.fail(fmt::format("{} is no absolute path; name the program by its full path", in_quotes(command[0])));
  return command;
}

std::map<std::string, std::vector<std::string>> read_trainers(const Value& value) {
  std::map<std::string, std::vector<std::string>> trainers;
  Section section(value);
  if (!value.is_map()) return trainers;
  for (const YamlKey& key : value.node().keys) {
    const auto item = section.find(key.name);
    if (!item) continue;
    if (!is_trainer_name(key.name)) {
      item->fail("is not the name of a trainer: up to 64 letters, digits, - _ ., and not beginning with evensweep");
      continue;
    }
    Section trainer(*item);
    if (const auto command = trainer.need("command")) trainers[key.name] = read_command(*command);
    trainer.end();
  }
  section.end();
  return trainers;
}

std::string read_slots(const Value& value) {
  if (value.is_scalar() && value.node().text == "auto") return "auto";
  return std::to_string(value.integer(1, wire::kMostSlots).value_or(1));
}

// Seconds, fractions too.
AgentTimeouts read_timeouts(const Value& value) {
  AgentTimeouts read;
  Section timeouts(value);
  const auto take = [&](const char* name, Duration& into) {
    const double seconds = static_cast<double>(into.count()) / 1000;
    into = Duration(static_cast<int64_t>(1000 * timeouts.number(name, seconds, {.least = 0.01, .most = 7 * 86400})));
  };
  take("detached", read.detached);
  take("startup", read.startup);
  take("silence", read.silence);
  take("first_progress", read.first_silence);
  if (read.first_silence < read.silence) timeouts.fail("needs silence <= first_progress");
  timeouts.end();
  return read;
}

}  // namespace

StatusOr<AgentSettings> parse_agent_settings(std::string_view text, const std::string& file_name) {
  AgentSettings settings{.file = file_name};
  EV_RETURN_IF_ERROR(read_settings(text, file_name, "version: 1, trainers: ...", [&](Section& top) {
    if (const auto trainers = top.find("trainers")) settings.trainers = read_trainers(*trainers);
    settings.connection = read_connection_keys(top, file_name);
    settings.id = top.text("id", "");
    if (const std::string dir = top.text("dir", ""); !dir.empty()) settings.dir = path_from(file_name, dir);
    if (const auto slots = top.find("slots")) settings.slots = read_slots(*slots);
    settings.device = top.word("device", "auto", {"auto", "cpu"});
    if (const auto labels = top.find("labels")) settings.labels = read_labels(*labels);
    if (const auto timeouts = top.find("timeouts")) settings.timeouts = read_timeouts(*timeouts);
    if (const auto data = top.find("data"))
      for (const Value& folder : data->one_or_list())
        settings.data.push_back(path_from(file_name, folder.text().value_or("")));
  }));
  return settings;
}

StatusOr<AgentSettings> read_agent_settings(const std::string& flag) {
  const std::string named = flag.empty() ? environment("EVENSWEEP_AGENT_CONFIG") : flag;
  const std::string file = named.empty() ? config_file("agent.yaml") : named;
  if (file.empty()) return AgentSettings{};
  const StatusOr<std::string> text = read_file(file);
  if (named.empty() && absl::IsNotFound(text.status())) return AgentSettings{};
  EV_RETURN_IF_ERROR(text.status());
  return parse_agent_settings(*text, file);
}

StatusOr<std::vector<std::string>> trainer_command(const AgentSettings& settings, const std::string& name) {
  if (const auto found = settings.trainers.find(name); found != settings.trainers.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [known, command] : settings.trainers) names.push_back(known);
  const std::string there = names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
  const std::string file = settings.file.empty() ? config_file("agent.yaml") : settings.file;
  return absl::FailedPreconditionError(
      fmt::format("the sweep asks for the trainer {}; configured in {}: {}. Add it there, or name another file with "
                  "--agent-config",
                  name, file, there));
}

}  // namespace evensweep

#include "cli/connection_settings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>

#include "cli/places.h"
#include "common/base/address.h"

namespace evensweep {
namespace {

constexpr size_t kMostBytes = 1 << 20;

std::string file_key(Section& section, const char* name, const std::string& config_file) {
  const std::string path = section.text(name, "");
  return path.empty() ? path : path_from(config_file, path);
}

}  // namespace

std::string path_from(const std::string& config_file, const std::string& path) {
  return (std::filesystem::path(config_file).parent_path() / path).lexically_normal().string();
}

ConnectionOptions read_connection_keys(Section& section, const std::string& config_file) {
  ConnectionOptions options;
  if (const auto coordinator = section.find("coordinator")) {
    options.coordinator = coordinator->text().value_or("");
    if (const auto address = parse_address(options.coordinator); !address.ok())
      coordinator->fail(std::string(address.status().message()));
  }
  options.ca = file_key(section, "ca", config_file);
  options.cert = file_key(section, "cert", config_file);
  options.key = file_key(section, "key", config_file);
  options.token_file = file_key(section, "token_file", config_file);
  return options;
}

StatusOr<ConnectionOptions> parse_client_settings(std::string_view text, const std::string& file_name) {
  ConnectionOptions options;
  EV_RETURN_IF_ERROR(read_settings(text, file_name, "version: 1, coordinator: HOST:PORT, ...",
                                   [&](Section& top) { options = read_connection_keys(top, file_name); }));
  return options;
}

Status read_settings(std::string_view text, const std::string& file_name, const std::string& example,
                     const std::function<void(Section&)>& read) {
  if (text.size() > kMostBytes) return absl::InvalidArgumentError(file_name + ": is larger than 1 MiB");
  Problems problems(file_name, {});
  const YamlNode root = parse_yaml(text, problems);
  if (problems.none() && root.kind != YamlNode::Kind::kMap)
    problems.add({.line = 1, .column = 1}, "is not a map of keys; begin with " + example);
  if (problems.none()) {
    Section top(Value(root, "", problems));
    if (const auto version = top.need("version")) version->integer(1, 1);
    read(top);
    top.end();
  }
  if (!problems.none()) return absl::InvalidArgumentError(fmt::format("{}", fmt::join(problems.lines(), "\n")));
  return absl::OkStatus();
}

std::string config_file(const std::string& name) {
  if (const std::string base = environment("XDG_CONFIG_HOME"); !base.empty()) return base + "/evensweep/" + name;
  if (const std::string home = environment("HOME"); !home.empty()) return home + "/.config/evensweep/" + name;
  return "";
}

}  // namespace evensweep

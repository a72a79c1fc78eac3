#include "cli/doctor.h"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "agent/core/trainer_contract.h"
#include "agent/devices/gpus.h"
#include "agent/devices/machine.h"
#include "agent/process/posix_launcher.h"
#include "cli/connection.h"
#include "cli/exit_code.h"
#include "cli/finding.h"
#include "cli/places.h"
#include "cli/terminal.h"
#include "cli/way_check.h"
#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/dataset/catalogue.h"
#include "common/model/json.h"
#include "common/model/spec.h"

namespace evensweep {
namespace {

constexpr int kDoctorSchemaVersion = 1;
constexpr std::chrono::seconds kTrainerPatience{60};
constexpr int64_t kLeastFreeMegabytes = 1000, kLeastMemoryMegabytes = 2000;
// Before this the program was not written: 2026-01-01.
constexpr int64_t kEarliestUnixMillis = 1'767'225'600'000;

const char* word(Health health) {
  return health == Health::kOk ? "ok" : health == Health::kWarning ? "warning" : "failure";
}

Finding check_build() {
#ifdef NDEBUG
  const bool fast = true;
#else
  const bool fast = false;
#endif
  return {.check = "build",
          .health = fast ? Health::kOk : Health::kWarning,
          .text = fmt::format("evensweep {}, compiled by g++ {}{}", EVENSWEEP_VERSION, __VERSION__,
                              fast ? "" : " without optimisation; build with -DCMAKE_BUILD_TYPE=Release")};
}

// What a trainer says and how it ends, until it has said hello.
struct Greeting {
  std::optional<StatusOr<TrainerLine>> line;
  std::string errors;
  bool ended = false;
};

Finding check_trainer(const std::string& flag) {
  const auto failure = [](std::string text) {
    return Finding{.check = "trainer", .health = Health::kFailure, .text = std::move(text)};
  };
  const StatusOr<std::string> path = trainer_path(flag);
  if (!path.ok()) return failure(std::string(path.status().message()));
  boost::asio::io_context context;
  PosixLauncher launcher(context);
  Greeting greeting;
  const auto stop = [&] { context.stop(); };
  TrainerCallbacks callbacks;
  callbacks.on_line = [&](std::string_view line) {
    if (!greeting.line) greeting.line = parse_trainer_line(line);
    stop();
  };
  callbacks.on_breach = [&](const std::string&) { stop(); };
  callbacks.on_exit = [&](ExitStatus, const std::string& tail) {
    greeting.errors = tail.substr(0, tail.find('\n'));
    greeting.ended = true;
    stop();
  };
  auto process = launcher.launch({*path}, {}, std::move(callbacks));
  if (!process.ok()) return failure(std::string(process.status().message()));
  context.run_for(kTrainerPatience);
  process->reset();
  if (greeting.ended)
    return failure(
        fmt::format("{} ends at once: {}", *path, greeting.errors.empty() ? "it says nothing" : greeting.errors));
  const auto* hello = greeting.line && greeting.line->ok() ? std::get_if<TrainerHello>(&**greeting.line) : nullptr;
  if (hello == nullptr)
    return failure(fmt::format("{} does not say hello as docs/format/trainer.md asks; is it a trainer?", *path));
  if (hello->numerics != kTrainerNumerics)
    return {.check = "trainer",
            .health = Health::kWarning,
            .text = fmt::format("{}: {} trains runs of {}, this program asks for {}; install the same version of both",
                                *path, hello->trainer, hello->numerics, kTrainerNumerics)};
  return {.check = "trainer", .text = fmt::format("{} at {}, libtorch loads", hello->trainer, *path)};
}

Finding check_cores(const Machine& machine) {
  const int64_t memory = machine.memory_bytes / 1'000'000;
  const bool small = memory > 0 && memory < kLeastMemoryMegabytes;
  return {.check = "machine",
          .health = small ? Health::kWarning : Health::kOk,
          .text = fmt::format("{:.3g} cores ({}), {} MB of memory{}", machine.cores, machine.cpu_model, memory,
                              small ? "; a training needs up to 2000: use small models, and one run at a time" : "")};
}

// Its GPUs, which the trainer uses where its libtorch has CUDA.
Finding check_gpus() {
  const std::unique_ptr<GpuReader> reader = nvidia_gpus();
  if (!reader)
    return {.check = "gpu", .text = "no NVIDIA driver is here: the processors train; with a GPU, install its driver"};
  std::string text;
  for (const Gpu& gpu : reader->read())
    text += fmt::format("{}{} ({} of {} MB in use)", text.empty() ? "" : ", ", gpu.name, gpu.memory_used / 1'000'000,
                        gpu.memory_bytes / 1'000'000);
  if (text.empty())
    return {.check = "gpu",
            .health = Health::kWarning,
            .text = "the driver shows no GPU; is this job given one (CUDA_VISIBLE_DEVICES, --gres)?"};
  return {.check = "gpu", .text = text};
}

Finding check_state(const std::string& flag) {
  const StatusOr<std::string> folder = state_folder(flag);
  if (!folder.ok()) return {"state", Health::kFailure, std::string(folder.status().message())};
  // The nearest folder that is there: nothing is made by looking.
  std::filesystem::path place = std::filesystem::absolute(*folder);
  std::error_code error;
  while (!std::filesystem::exists(place, error) && place.has_relative_path()) place = place.parent_path();
  if (::access(place.c_str(), W_OK) != 0)
    return {"state", Health::kFailure,
            fmt::format("{} cannot be written to; name another state folder with --state", place.string())};
  const std::filesystem::space_info space = std::filesystem::space(place, error);
  if (error) return {"state", Health::kWarning, fmt::format("{}: {}", place.string(), error.message())};
  const auto free = static_cast<int64_t>(space.available / 1'000'000);
  const bool little = free < kLeastFreeMegabytes;
  return {"state", little ? Health::kWarning : Health::kOk,
          fmt::format("{}, {} MB free{}", *folder, free, little ? "; make room, or name another with --state" : "")};
}

Finding check_clock(const Clock& clock) {
  const bool late = clock.unix_millis() >= kEarliestUnixMillis;
  return {"clock", late ? Health::kOk : Health::kWarning,
          late ? "the year is plausible" : "the clock is years behind; set it, certificates and reports depend on it"};
}

Finding check_data(const std::string& flag) {
  const std::vector<std::string> folders = data_folders(flag, "");
  std::string here;
  for (const KnownDataset& dataset : known_datasets()) {
    bool complete = true;
    for (const KnownFile& file : dataset.files) {
      bool found = false;
      for (const std::string& folder : folders) {
        std::error_code error;
        found = found || static_cast<int64_t>(
                             std::filesystem::file_size(std::filesystem::path(folder) / file.path, error)) == file.size;
      }
      complete = complete && found;
    }
    if (complete) here += (here.empty() ? "" : ", ") + dataset.name;
  }
  return {"data", Health::kOk,
          here.empty() ? "no known data set is here; \"evensweep data ls\" shows where they come from"
                       : "known data sets that are here: " + here};
}

struct DoctorOptions {
  ConnectionOptions connection;
  std::string state, data, trainer, output = "table";
  bool quiet = false;
};

StatusOr<int> examine(const DoctorOptions& options) {
  const SystemClock clock;
  std::vector<Finding> findings = {check_build(),
                                   check_trainer(options.trainer),
                                   check_cores(detect_machine()),
                                   check_gpus(),
                                   check_state(options.state),
                                   check_clock(clock),
                                   check_data(options.data)};
  if (names_coordinator(options.connection))
    for (Finding& finding : check_way(options.connection)) findings.push_back(std::move(finding));
  bool fit = true;
  std::string text;
  Json list = Json::array();
  for (const Finding& finding : findings) {
    fit = fit && finding.health != Health::kFailure;
    text += fmt::format("{:<8} {:<8} {}\n", word(finding.health), finding.check, finding.text);
    list.push_back({{"check", finding.check}, {"health", word(finding.health)}, {"text", finding.text}});
  }
  const Json json = {{"schema_version", kDoctorSchemaVersion}, {"fit", fit}, {"findings", std::move(list)}};
  if (options.output == "json")
    EV_RETURN_IF_ERROR(print(json.dump(2)));
  else if (!options.quiet && options.output != "quiet")
    EV_RETURN_IF_ERROR(print(text));
  return fit ? kOk : kFailed;
}

}  // namespace

void add_doctor(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<DoctorOptions>();
  CLI::App* verb =
      app.add_subcommand("doctor", "Check whether this machine is fit to train, and say what to do if not");
  verb->footer(
      "Examples:\n  evensweep doctor\n"
      "  evensweep doctor --coordinator head:7077    from inside a job: every step of the way there\n"
      "  evensweep doctor --quiet || exit 1          as a health check\n"
      "Exit codes: 0 fit, 1 not: a line that begins with \"failure\" says what to do.");
  verb->add_option("--state", options->state, "State folder (default: $EVENSWEEP_STATE or ~/.local/state/evensweep)");
  verb->add_option("--data", options->data, "Folder in which data files are looked up first");
  verb->add_option("--trainer", options->trainer, "Training program (default: evensweep-trainer beside this one)");
  add_connection_options(*verb, options->connection);
  verb->add_flag("-q,--quiet", options->quiet, "Print nothing; the exit code says it");
  verb->add_option("-o,--output", options->output, "table, json or quiet")
      ->check(CLI::IsMember({"table", "json", "quiet"}));
  verb->callback([options, &exit_code] {
    const StatusOr<int> code = examine(*options);
    if (!code.ok()) say(std::string(code.status().message()));
    exit_code = code.ok() ? *code : exit_code_of(code.status());
  });
}

}  // namespace evensweep

#include "cli/results_file.h"

#include <filesystem>
#include <utility>

#include "common/base/file.h"
#include "sweeps/report/report.h"

namespace evensweep {

StatusOr<NamedResults> read_results(const std::string& place) {
  std::error_code error;
  const bool is_folder = std::filesystem::is_directory(place, error);
  const std::string file = is_folder ? (std::filesystem::path(place) / "results.json").string() : place;
  EV_ASSIGN_OR_RETURN(const std::string text, read_file(file));
  StatusOr<Json> results = parse_results(text);
  if (!results.ok()) return absl::InvalidArgumentError(file + ": " + std::string(results.status().message()));
  return NamedResults{file, *std::move(results)};
}

}  // namespace evensweep

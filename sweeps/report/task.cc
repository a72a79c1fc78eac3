#include "sweeps/report/task.h"

#include "sweeps/report/view.h"

namespace evensweep {
namespace {

StatusOr<const Json*> find_run(const Json& results, std::string_view key) {
  const auto runs = results.find("runs");
  std::vector<const Json*> found;
  if (runs != results.end() && runs->is_array())
    for (const Json& run : *runs)
      if (!key.empty() && View(run)["key"].text().starts_with(key)) found.push_back(&run);
  if (found.size() == 1) return found.front();
  return absl::NotFoundError(std::string(found.empty() ? "no run" : "more than one run") +
                             " of these results has a key that begins with \"" + std::string(key) +
                             "\"; the report lists them under Reproduce");
}

// Without a sweep, or with a table's, an error.
StatusOr<Sweep> sweep_of(const Json& results) {
  Json sweep = results.value("sweep", Json());
  if (!sweep.is_object()) return absl::InvalidArgumentError("no sweep");
  const auto environment = results.find("environment");
  if (environment != results.end() && environment->is_object())
    sweep["resources"] = environment->value("resources", Json());
  return parse_sweep(sweep.dump());
}

}  // namespace

void add_sweep_file(Json& results, const SweepFile& file) {
  results["environment"]["sweep_file"] = {{"text", file.text}, {"overrides", file.overrides}};
}

StatusOr<Json> task_of_run(const Json& results, std::string_view run, const std::string& work_dir) {
  EV_ASSIGN_OR_RETURN(const Json* const found, find_run(results, run));
  const std::string key = View(*found)["key"].text();
  const auto not_possible = [&](const std::string& why) {
    return absl::FailedPreconditionError("run " + key.substr(0, 12) + " cannot be repeated from these results: " + why);
  };
  const StatusOr<Sweep> sweep = sweep_of(results);
  if (!sweep.ok()) return not_possible("they do not tell how it was trained");
  Json spec = to_json(RunSpec{.dataset = sweep->dataset,
                              .model = sweep->model,
                              .training = sweep->training,
                              .seed = 0,
                              .treatment = {},
                              .trainer = kTrainerNumerics});
  spec["seed"] = found->value("seed", Json());
  spec["treatment"] = found->value("treatment", Json());
  if (run_key_of_text(spec.dump()).str() != key)
    return not_possible(
        "another version of Evensweep trained it, it is a twin or another control, or its treatment is not known");
  return Json{{"contract", 1},
              {"work_dir", work_dir},
              {"checkpoint_seconds", 0},
              {"files", results["environment"].value("files", Json::object())},
              {"runs", Json::array({{{"run", key}, {"attempt", 1}, {"spec", spec}}})}};
}

}  // namespace evensweep

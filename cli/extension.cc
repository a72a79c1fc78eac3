#include "cli/extension.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "sweeps/spec/load.h"

namespace evensweep {
namespace {

StatusOr<Draft> draft_of(const SweepFile& file, const std::string& name) {
  DraftOrErrors parsed = parse_sweep_file(file.text, name, file.overrides);
  if (!parsed.draft) return absl::InvalidArgumentError(fmt::format("{}", fmt::join(parsed.errors, "\n")));
  return *std::move(parsed.draft);
}

}  // namespace

StatusOr<Extension> extend_sweep(const SweepDefinition& known, std::span<const std::string> overrides,
                                 std::span<const std::string> folders) {
  if (known.file.text.empty())
    return absl::FailedPreconditionError("sweep " + known.sweep.name +
                                         " was submitted without its file; submit a larger file instead");
  const std::string name = known.sweep.name + ".yaml";
  Extension extension{.sweep = {}, .file = known.file};
  extension.file.overrides.insert(extension.file.overrides.end(), overrides.begin(), overrides.end());
  EV_ASSIGN_OR_RETURN(const Draft before, draft_of(known.file, name));
  EV_ASSIGN_OR_RETURN(Draft draft, draft_of(extension.file, name));
  // What was decided when the sweep was submitted stays; with other threads no run would be shared.
  if (draft.sweep.resources.priority == before.sweep.resources.priority)
    draft.sweep.resources.priority = known.sweep.resources.priority;
  if (draft.sweep.training.threads == kAutoThreads) draft.sweep.training.threads = known.sweep.training.threads;
  extension.other_data = !same_data(before, draft);
  EV_ASSIGN_OR_RETURN(extension.sweep, extension.other_data ? resolve(std::move(draft), folders)
                                                            : resolve_like(std::move(draft), known.sweep));
  return extension;
}

}  // namespace evensweep

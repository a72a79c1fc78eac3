#pragma once
// From the text of a sweep file (docs/format/sweep.md) to a resolved Sweep.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "common/model/spec.h"

namespace evensweep {

// A sweep as its file says it: data files by their paths as written, without hashes; no classes counted.
struct Draft {
  Sweep sweep;
  // Where each data file is named ("sweep.yaml:7:9"): train files, then validation files, then test files, then the
  // model's.
  std::vector<std::string> file_places;
};

// The draft, or what is wrong: one line for each error of the file, in the order of their places,
// "sweep.yaml:12:3: what; what to do".
struct DraftOrErrors {
  std::optional<Draft> draft;
  std::vector<std::string> errors;
};

// A pure function of its arguments. `overrides` are "training.epochs=5" or "methods.0.gamma=[1, 2]": a path of keys and
// list positions and a YAML value, put into the file's tree before anything is checked; of two for the same path the
// last one holds. What is wrong with one has "override training.epochs=5" as its place.
DraftOrErrors parse_sweep_file(std::string_view text, const std::string& file_name,
                               std::span<const std::string> overrides = {});

// Finds and hashes the data files, reads them and counts the classes. The message holds a line for each file that is
// not there.
StatusOr<Sweep> resolve(Draft draft, std::span<const std::string> data_folders);

// Whether two drafts name the same data and model file, read and divided in the same way.
bool same_data(const Draft& a, const Draft& b);
// resolve() without the files: what it finds in them is taken from `known`, a resolved sweep over the same data.
StatusOr<Sweep> resolve_like(Draft draft, const Sweep& known);

struct LoadOptions {
  std::vector<std::string> data_folders;  // searched in this order, see find_data_file
  std::vector<std::string> overrides;
};

// All of it. The message of an InvalidArgument holds all errors of the file, one a line.
StatusOr<Sweep> load_sweep(const std::string& path, const LoadOptions& options);

}  // namespace evensweep

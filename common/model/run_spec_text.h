#pragma once
// Canonical run specs of one sweep, written quickly: what all of its trainings share is turned into JSON once.

#include <map>
#include <string>
#include <string_view>

#include "common/base/status.h"
#include "common/model/expand.h"
#include "common/model/spec.h"

namespace evensweep {

// A run spec in two parts: what the trainings of a sweep have in common, and what each has of its own (seed, treatment,
// variation). Both are JSON objects without common keys; together they are the canonical spec.
struct RunSpecParts {
  std::string base, part;
};
StatusOr<RunSpecParts> split_run_spec(std::string_view canonical_text);
// The canonical text again, byte for byte. InvalidArgument if one of the two is no JSON object.
StatusOr<std::string> join_run_spec(std::string_view base, std::string_view part);

class RunSpecText {
 public:
  explicit RunSpecText(const Sweep& sweep);

  struct Written {
    std::string text;  // what to_json(make_run_spec(...)).dump() gives
    RunSpecParts parts;
  };
  Written write(uint64_t seed, const Treatment& treatment, const Variation& variation) const;

 private:
  const Sweep* sweep_;
  std::map<std::string, std::string> shared_;  // the JSON of each key of the spec that does not vary, by key
  std::string base_;
};

}  // namespace evensweep

#pragma once
// The JSON that verbs print with -o json and that the coordinator answers over HTTP: docs/format/cli-json.md. Members
// are added only; whatever changes the meaning of one raises kCliSchemaVersion.

#include <string>
#include <vector>

#include "common/model/json.h"
#include "common/model/views.h"

namespace evensweep {

inline constexpr int kCliSchemaVersion = 1;

Json json_of(const SweepView& sweep);
Json json_of(const TrialView& trial);
Json json_of(const AttemptView& attempt);
Json json_of(const AgentView& agent);

// Lists of them.
template <typename View>
Json json_list(const std::vector<View>& views) {
  Json list = Json::array();
  for (const View& view : views) list.push_back(json_of(view));
  return list;
}

// One document, with a line feed: `kind` says what it is, `members` is an object.
std::string cli_json(const std::string& kind, Json members);

}  // namespace evensweep

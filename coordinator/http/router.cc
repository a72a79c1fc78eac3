#include "coordinator/http/router.h"

#include <algorithm>
#include <optional>

#include "common/base/text.h"

namespace evensweep::coordinator {
namespace {

bool is_name(const std::string& segment) { return segment.starts_with('{'); }

// "/a/b" -> "a", "b"; "/" -> one empty segment.
std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> segments;
  path.remove_prefix(std::min<size_t>(1, path.size()));
  while (true) {
    const size_t end = std::min(path.find('/'), path.size());
    segments.emplace_back(path.substr(0, end));
    if (end == path.size()) return segments;
    path.remove_prefix(end + 1);
  }
}

bool fits(const std::vector<std::string>& pattern, const std::vector<std::string>& segments) {
  if (pattern.size() != segments.size()) return false;
  for (size_t i = 0; i < pattern.size(); ++i)
    if (is_name(pattern[i]) ? segments[i].empty() : pattern[i] != segments[i]) return false;
  return true;
}

}  // namespace

void Router::add(Route route) {
  segments_.push_back(segments_of(route.pattern));
  routes_.push_back(std::move(route));
}

Router::Match Router::find(std::string_view method, std::string_view path) const {
  Match match;
  const std::vector<std::string> segments = path.starts_with('/') ? segments_of(path) : std::vector<std::string>();
  std::optional<size_t> best;
  for (size_t i = 0; i < routes_.size(); ++i) {
    if (!fits(segments_[i], segments)) continue;
    if (routes_[i].method != method) {
      match.status = 405;
      if (match.allowed.find(routes_[i].method) == std::string::npos)
        match.allowed += (match.allowed.empty() ? "" : ", ") + routes_[i].method;
    } else if (!best ||
               std::ranges::count_if(segments_[i], is_name) < std::ranges::count_if(segments_[*best], is_name)) {
      best = i;
    }
  }
  if (!best) {
    match.refusal = match.status == 405 ? in_quotes(path) + " takes " + match.allowed + ", not " + in_quotes(method)
                                        : "there is no page " + in_quotes(path) + " here; begin at /";
    return match;
  }
  for (size_t i = 0; i < segments.size(); ++i) {
    const std::string& name = segments_[*best][i];
    if (!is_name(name)) continue;
    std::optional<std::string> value = percent_decoded(segments[i]);
    if (!value || !valid_utf8(*value)) {
      match.status = 400;
      match.refusal = in_quotes(segments[i]) + " in the path is not UTF-8 with %XX escapes";
      return match;
    }
    match.values.add(name.substr(1, name.size() - 2), *std::move(value));
  }
  match.status = 200;
  match.allowed.clear();
  match.route = &routes_[*best];
  return match;
}

}  // namespace evensweep::coordinator

#pragma once

#include <string>
#include <string_view>

#include "common/model/json.h"

namespace evensweep {

// The text of an object that has members, with one more at its end: `json` goes in as it is, so it must be JSON. For
// text that is JSON already, which to take apart and put together again would cost more than all the rest.
inline std::string text_with_member(const Json& object, std::string_view name, std::string_view json) {
  std::string text = object.dump(-1, ' ', false, Json::error_handler_t::replace);
  text.back() = ',';
  return text.append("\"").append(name).append("\":").append(json).append("}");
}

}  // namespace evensweep

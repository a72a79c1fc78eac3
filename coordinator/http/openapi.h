#pragma once
// The description of the HTTP API, docs/format/openapi.json.

#include <string_view>

namespace evensweep::coordinator {

std::string_view openapi_text();

}  // namespace evensweep::coordinator

#pragma once
// The JSON API: what the verbs of the command line can, over HTTP, with the same documents as their `-o json`
// (docs/format/http.md, docs/format/openapi.json).

#include "coordinator/http/parts.h"
#include "coordinator/http/router.h"

namespace evensweep::coordinator {

// Everything that `parts` leads to must live as long as the routes.
void add_api(Router& router, const WebParts& parts);

}  // namespace evensweep::coordinator

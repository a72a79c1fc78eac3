#pragma once
// The dashboard: which page answers which path, and what it is made of. docs/dashboard.md

#include <memory>

#include "coordinator/http/pages/desk.h"
#include "coordinator/http/parts.h"
#include "coordinator/http/router.h"

namespace evensweep::coordinator {

// Everything that `parts` leads to must live as long as the routes. Without the desk nothing is answered any more.
void add_pages(Router& router, const WebParts& parts, const std::shared_ptr<Desk>& desk);

}  // namespace evensweep::coordinator

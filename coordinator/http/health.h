#pragma once
// What probes ask: /livez, whether the process serves, and /readyz, whether it does its work.

#include "coordinator/host/control.h"
#include "coordinator/http/router.h"

namespace evensweep::coordinator {

// `control` must live as long as the routes.
void add_health(Router& router, Control& control);

}  // namespace evensweep::coordinator

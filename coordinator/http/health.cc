#include "coordinator/http/health.h"

namespace evensweep::coordinator {

void add_health(Router& router, Control& control) {
  router.get("/livez", Right::kNone, [](const HttpRequest&, const Respond& respond) {
    respond({.type = "text/plain; charset=utf-8", .body = "ok\n"});
  });
  router.get("/readyz", Right::kNone, [&control](const HttpRequest&, const Respond& respond) {
    control.check([respond](const Status& status) {
      // Why is for the log: whoever probes needs no token.
      respond({.status = status.ok() ? 200 : 503,
               .type = "text/plain; charset=utf-8",
               .body = status.ok() ? "ok\n" : "not ready: the coordinator cannot store what it does; see its log\n"});
    });
  });
}

}  // namespace evensweep::coordinator

#pragma once
// GET /metrics: how the coordinator stands, for Prometheus (its text format 0.0.4). docs/format/http.md lists the
// names.

#include <functional>
#include <string>

#include "coordinator/http/parts.h"
#include "coordinator/http/router.h"

namespace evensweep::coordinator {

// What the process itself says of the moment at which it is asked.
struct ProcessFigures {
  std::string version;
  uint64_t http_requests = 0, http_refused_connections = 0;
  uint64_t http_connections = 0, event_viewers = 0;
  uint64_t refusals = 0;  // calls and pages, by rights
  uint64_t failed_handshakes = 0;
  double cpu_seconds = 0;
  uint64_t resident_bytes = 0;
};

// The document. Pure.
std::string metrics_text(const Totals& totals, int64_t unix_millis, const ProcessFigures& process);

// `figures` is called on the HTTP thread.
void add_metrics(Router& router, const WebParts& parts, std::function<ProcessFigures()> figures);

}  // namespace evensweep::coordinator

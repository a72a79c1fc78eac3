#pragma once
// How much of a peer the HTTP server puts up with.

#include <cstddef>
#include <cstdint>

#include "common/base/clock.h"

namespace evensweep::coordinator {

struct HttpLimits {
  uint32_t header_bytes = 8 << 10;
  uint64_t body_bytes = 1 << 20;
  Duration to_headers{10'000};  // from the beginning of a connection or a request to the end of its headers
  Duration idle{30'000};        // between requests, for a body, and for a reader to take what is written
  Duration heartbeat{15'000};   // of a stream of events that has nothing to tell
  size_t connections = 256;     // a new one pushes out one that has asked nothing yet
  size_t per_peer = 32;         // of one address; loopback may have all
  size_t streams = 224;         // of events, so that viewers leave room for requests
};

}  // namespace evensweep::coordinator

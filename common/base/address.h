#pragma once
// Where a server listens: HOST:PORT, with an IPv6 address in brackets, or unix:PATH.

#include <string>
#include <string_view>

#include "common/base/status.h"

namespace evensweep {

struct Address {
  std::string host;  // without brackets; empty for a unix socket
  int port = 0;      // 0: any that is free
  std::string path;  // of a unix socket

  // As gRPC wants it: "host:port", "[::1]:port", "unix:path".
  std::string text() const;
  // Whether it can be reached from this machine alone: a unix socket, localhost, 127.0.0.0/8, ::1. Names are not
  // resolved, so that no other name counts.
  bool is_local() const;
};

// InvalidArgument, naming `text`, for all that is no address. Port 0 is one.
StatusOr<Address> parse_address(std::string_view text);

}  // namespace evensweep

#pragma once
// HTTP/1.1 for browsers and tools: connections, their limits and TLS, on one thread. What is answered is the front's.

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "coordinator/http/front.h"
#include "coordinator/http/limits.h"

namespace evensweep::coordinator {

struct TlsFiles {
  std::string certificate, key;  // PEM; empty: plain HTTP
  std::string client_ca;         // PEM; empty: clients are not asked for a certificate
  bool client_certificate_required = false;
};

class HttpServer {
 public:
  struct Counts {
    uint64_t requests = 0, refused_connections = 0, pushed_out = 0;
    size_t connections = 0, streams = 0;
  };

  // Listens on HOST:PORT (port 0: any that is free). InvalidArgument for what is no such address or no certificate,
  // Unavailable for one that is taken. `io` must live longer and is run by the caller, on one thread.
  static StatusOr<std::unique_ptr<HttpServer>> listen(boost::asio::io_context& io, const std::string& address,
                                                      const TlsFiles& tls, const HttpLimits& limits);
  ~HttpServer();

  int port() const;
  // Accepts from now on. `front` must live until `io` is run no more.
  void serve(Front& front);
  // On the thread of `io`.
  Counts counts() const;

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace evensweep::coordinator

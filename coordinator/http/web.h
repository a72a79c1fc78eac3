#pragma once
// The coordinator's HTTP side as a whole: a thread of its own with the server, the streams of events and all routes.

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "coordinator/host/control.h"
#include "coordinator/http/events.h"
#include "coordinator/http/front.h"
#include "coordinator/http/metrics.h"
#include "coordinator/http/parts.h"
#include "coordinator/http/server.h"

namespace evensweep::coordinator {

struct WebOptions {
  std::string address;  // HOST:PORT
  TlsFiles tls;         // empty: plain HTTP
  HttpLimits limits;
  std::string version;             // of the program
  std::vector<std::string> hosts;  // names of this coordinator beside loopback's, for plain HTTP
  // Adds the pages for people; without them there are the interfaces for programs alone.
  std::function<void(Router&, const WebParts&)> pages;
  std::function<std::string(int status, const std::string& message, const std::string& id)> error_page;
};

class Web {
 public:
  // `control`, `door` and `clock` must live longer. Errors as of HttpServer::listen.
  static StatusOr<std::unique_ptr<Web>> start(Control& control, Doorkeeper& door, const Clock& clock,
                                              WebOptions options);
  // Breaks off what is under way.
  ~Web();

  int port() const { return server_->port(); }

 private:
  Web(Doorkeeper& door, std::string version);
  void add_routes(Router& router, const WebParts& parts);
  ProcessFigures figures() const;

  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::shared_ptr<Mailbox> mailbox_;
  Doorkeeper& door_;
  const std::string version_;
  std::unique_ptr<HttpServer> server_;
  std::unique_ptr<Feeds> feeds_;
  std::unique_ptr<Front> front_;
  std::thread thread_;
};

}  // namespace evensweep::coordinator

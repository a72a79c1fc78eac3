#pragma once
// From what came over a connection to an answer: hosts, sessions, rights, routes, headers, errors. No sockets here.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "coordinator/http/access.h"
#include "coordinator/http/router.h"

namespace evensweep::coordinator {

// A request as it came, within the limits and with its whole body.
struct RawRequest {
  std::string method, target;  // "POST", "/login?to=%2F"
  RequestOrigin from;
  std::string content_type, accept, last_event_id, idempotency_key;
  std::string body;
  std::string certificate;  // of the client, verified, PEM; empty: none
};

struct FrontOptions {
  bool tls = false;
  int port = 0;                    // in the name of the cookie: browsers do not keep those of ports apart
  std::vector<std::string> hosts;  // names of this coordinator beside loopback's
  // A whole page for people; without it errors are a line of text.
  std::function<std::string(int status, const std::string& message, const std::string& id)> error_page;
};

class Front {
 public:
  // Adds POST /login (form: token, to) and POST /logout to the routes. `door` and `clock` must live longer; `draw`
  // gives 256 random bits as hexadecimal text.
  Front(Router router, Doorkeeper& door, const Clock& clock, std::function<std::string()> draw, FrontOptions options);

  // Answers with all headers but those of the connection. On the HTTP thread; `respond` may be called later.
  void serve(RawRequest raw, Respond respond);
  // For what is no request at all: the connection's own refusals.
  HttpResponse refusal(int status, const std::string& message) const;

  const Router& router() const { return router_; }
  // 256 bits for the life of the process: no id of an event is that of another process's.
  std::string draw() const { return draw_(); }

 private:
  StatusOr<HttpRequest> decode(const RawRequest& raw, const Router::Match& match) const;
  // Who asks, and whether they may.
  Status admit(const RawRequest& raw, const Route& route, HttpRequest& request);
  HttpResponse error(const RawRequest& raw, int status, const std::string& message) const;
  HttpResponse error(const RawRequest& raw, const Status& status) const;
  void finish(const RawRequest& raw, HttpResponse& response) const;
  std::string cookie_name() const;
  std::string cookie(const std::string& session, Duration life) const;
  void log_in(const HttpRequest& request, const Respond& respond);
  void log_out(const HttpRequest& request, const Respond& respond);

  Router router_;
  Doorkeeper& door_;
  const Clock& clock_;
  std::function<std::string()> draw_;
  FrontOptions options_;
  Sessions sessions_;
};

// An answer of an error, to be made by the front in the form that the asking side wants.
HttpResponse error_response(const Status& status);

}  // namespace evensweep::coordinator

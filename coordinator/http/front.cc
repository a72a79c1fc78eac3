#include "coordinator/http/front.h"

#include <exception>
#include <string_view>
#include <utility>

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/model/json.h"

namespace evensweep::coordinator {
namespace {

constexpr const char* kError = "error";  // the type of an answer that is still to get its form
constexpr const char* kForm = "application/x-www-form-urlencoded";
constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
constexpr size_t kIdLength = 12;

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

std::string_view query_of(std::string_view target) {
  const size_t mark = target.find('?');
  return mark == target.npos ? std::string_view() : target.substr(mark + 1);
}

bool is_for_programs(const RawRequest& raw) {
  return raw.target.starts_with("/api/") || raw.accept.find("text/html") == std::string::npos;
}

// What has gone wrong inside is for the log: it may name paths and tell more than the asking side should know.
std::string told(int status, const std::string& message) {
  if (status == 500) return "the coordinator cannot answer this; its log says why, under this id";
  if (status == 503 && message.find('/') != std::string::npos)
    return "the coordinator cannot do this at the moment; its log says why, under this id";
  return message;
}

}  // namespace

HttpResponse error_response(const Status& status) {
  HttpResponse response{.status = http_status(status), .type = kError, .body = std::string(status.message())};
  return response;
}

Front::Front(Router router, Doorkeeper& door, const Clock& clock, std::function<std::string()> draw,
             FrontOptions options)
    : router_(std::move(router)),
      door_(door),
      clock_(clock),
      draw_(std::move(draw)),
      options_(std::move(options)),
      sessions_(draw_) {
  router_.post("/login", Right::kNone,
               [this](const HttpRequest& request, const Respond& respond) { log_in(request, respond); });
  router_.post("/logout", Right::kNone,
               [this](const HttpRequest& request, const Respond& respond) { log_out(request, respond); });
}

void Front::serve(RawRequest raw, Respond respond) {
  const bool head = raw.method == "HEAD";
  const Router::Match match = router_.find(head ? "GET" : raw.method, path_of(raw.target));
  const auto refuse = [&](const Status& status) { respond(error(raw, status)); };
  if (const Status host = check_host(raw.from, options_.hosts, options_.tls); !host.ok()) {
    door_.note_refusal(in_quotes(raw.method + " " + raw.target), "somebody", host);
    return refuse(host);
  }
  if (match.route == nullptr) {
    HttpResponse response = error(raw, match.status, match.refusal);
    if (!match.allowed.empty()) response.headers.emplace_back("Allow", match.allowed);
    return respond(std::move(response));
  }
  StatusOr<HttpRequest> request = decode(raw, match);
  if (!request.ok()) return refuse(request.status());
  if (const Status status = admit(raw, *match.route, *request); !status.ok()) {
    const bool to_log_in = absl::IsUnauthenticated(status) && request->method == "GET" && !is_for_programs(raw);
    if (!to_log_in) return refuse(status);
    HttpResponse response = redirect("/login?to=" + percent_encoded(raw.target));
    finish(raw, response);
    return respond(std::move(response));
  }
  if (request->method == "POST" && match.route->right > Right::kNone)
    log(LogLevel::kInfo, "audit", request->visitor.name + " posts " + in_quotes(raw.target));
  raw.body.clear();
  try {
    match.route->handler(*request, [this, raw = std::move(raw), respond](HttpResponse response) {
      finish(raw, response);
      respond(std::move(response));
    });
  } catch (const std::exception& thrown) {  // of a library, for what nobody thought of: it costs this answer alone
    respond(error(raw, 500, thrown.what()));
  }
}

StatusOr<HttpRequest> Front::decode(const RawRequest& raw, const Router::Match& match) const {
  HttpRequest request{.method = match.route->method, .path = std::string(path_of(raw.target)), .route = match.values};
  EV_ASSIGN_OR_RETURN(request.query, parse_form(query_of(raw.target)));
  request.last_event_id = raw.last_event_id;
  request.tokens_needed = !door_.is_open();
  if (request.method != "POST") return request;
  if (raw.content_type.starts_with(kForm)) {
    EV_ASSIGN_OR_RETURN(request.form, parse_form(raw.body));
  } else {
    request.body = raw.body;
  }
  request.request_id = raw.idempotency_key.empty() ? request.form.text("request_id") : raw.idempotency_key;
  if (request.request_id.empty()) request.request_id = draw_();
  return request;
}

Status Front::admit(const RawRequest& raw, const Route& route, HttpRequest& request) {
  const auto refused = [&](const std::string& who, Status status) {
    door_.note_refusal(in_quotes(raw.method + " " + request.path), who, status);
    return status;
  };
  StatusOr<std::optional<std::string>> token = bearer_token(raw.from);
  if (!token.ok()) return refused("somebody", token.status());
  const bool has_bearer = token->has_value();
  if (!has_bearer && raw.from.cookie) {
    const std::string session = cookie_value(*raw.from.cookie, cookie_name()).value_or("");
    *token = sessions_.token_of(session, clock_.now());
    if (token->has_value()) request.session = session;
  }
  if (request.method == "POST" && !has_bearer) {
    const bool ambient = !request.session.empty() || !raw.certificate.empty();
    if (Status status = check_same_origin(raw.from, ambient); !status.ok())
      return refused("somebody", std::move(status));
  }
  StatusOr<Visitor> visitor = door_.identify(*token, raw.certificate);
  if (visitor.ok()) request.visitor = *visitor;
  if (route.right == Right::kNone) return absl::OkStatus();
  if (!visitor.ok()) {
    // Who has not signed in yet is sent to do so, which is no attack.
    return token->has_value() ? refused("somebody", visitor.status()) : visitor.status();
  }
  if (request.visitor.may(route.right)) return absl::OkStatus();
  return refused(request.visitor.name,
                 absl::PermissionDeniedError(request.visitor.name + " has not the scope " + right_name(route.right)));
}

HttpResponse Front::error(const RawRequest& raw, int status, const std::string& message) const {
  HttpResponse response{.status = status, .type = kError, .body = message};
  finish(raw, response);
  return response;
}

HttpResponse Front::error(const RawRequest& raw, const Status& status) const {
  return error(raw, http_status(status), std::string(status.message()));
}

HttpResponse Front::refusal(int status, const std::string& message) const {
  return error(RawRequest{}, status, message);
}

void Front::finish(const RawRequest& raw, HttpResponse& response) const {
  if (response.type == kError) {
    const std::string id = draw_().substr(0, kIdLength);
    if (response.status >= 500)
      log(LogLevel::kError, "http", id + " " + raw.method + " " + in_quotes(raw.target) + ": " + response.body);
    const std::string message = told(response.status, response.body);
    if (raw.target.starts_with("/api/")) {
      response.type = "application/json";
      response.body =
          Json{{"error", {{"id", id}, {"message", message}}}}.dump(2, ' ', false, Json::error_handler_t::replace) +
          "\n";
    } else if (!is_for_programs(raw) && options_.error_page) {
      response.type = "text/html; charset=utf-8";
      response.body = options_.error_page(response.status, message, id);
    } else {
      response.type = "text/plain; charset=utf-8";
      response.body = message + " (" + id + ")\n";
    }
  }
  if (response.status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  response.headers.emplace_back("Content-Security-Policy", kPolicy);
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  response.headers.emplace_back("Referrer-Policy", "no-referrer");
  response.headers.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
  response.headers.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
}

std::string Front::cookie_name() const {
  return (options_.tls ? "__Host-evensweep-" : "evensweep-") + std::to_string(options_.port);
}

std::string Front::cookie(const std::string& session, Duration life) const {
  return cookie_name() + "=" + session +
         "; Path=/; HttpOnly; SameSite=Strict; Max-Age=" + std::to_string(life.count() / 1000) +
         (options_.tls ? "; Secure" : "");
}

void Front::log_in(const HttpRequest& request, const Respond& respond) {
  const std::string token = request.form.text("token"), to = local_path(request.form.text("to"));
  const StatusOr<Visitor> visitor = door_.identify(token, "");
  if (!visitor.ok() || !visitor->may(Right::kRead)) {
    door_.note_refusal("POST /login", visitor.ok() ? visitor->name : "somebody",
                       visitor.ok() ? absl::PermissionDeniedError("it has not the scope read") : visitor.status());
    return respond(redirect("/login?wrong=1&to=" + percent_encoded(to)));
  }
  if (!request.session.empty()) sessions_.end(request.session);
  log(LogLevel::kInfo, "audit", visitor->name + " signs in");
  HttpResponse response = redirect(to);
  response.headers.emplace_back("Set-Cookie", cookie(sessions_.begin(token, clock_.now()), Sessions::kLife));
  respond(std::move(response));
}

void Front::log_out(const HttpRequest& request, const Respond& respond) {
  if (!request.session.empty()) sessions_.end(request.session);
  HttpResponse response = redirect("/login");
  response.headers.emplace_back("Set-Cookie", cookie("", Duration(0)));
  respond(std::move(response));
}

}  // namespace evensweep::coordinator

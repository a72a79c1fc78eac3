// A request over HTTP, from what the connection has read on.

#include <algorithm>

#include "common/base/log.h"
#include "common/base/text.h"
#include "coordinator/http/front.h"
#include "tests/fuzz/target.h"

namespace evensweep::fuzz {
namespace {

using namespace coordinator;

// One token that may look, and one that may do everything.
class TwoTokens final : public Doorkeeper {
 public:
  bool is_open() const override { return false; }
  StatusOr<Visitor> identify(const std::optional<std::string>& token, const std::string&) override {
    if (token == "read") return Visitor{.name = "reader", .right = Right::kRead};
    if (token == "admin") return Visitor{.name = "admin", .right = Right::kAdmin};
    return absl::UnauthenticatedError("a token is needed");
  }
  uint64_t refusals() const override { return 0; }
  uint64_t failed_handshakes() const override { return 0; }
  void note_refusal(const std::string&, const std::string&, const Status&) override {}
};

struct Served {
  bool read = false, acted = false;
  std::string who;
};

Router routes(Served& served) {
  Router router;
  const auto read = [&served](const HttpRequest& request, const Respond& respond) {
    served.read = true;
    for (const auto& [name, value] : request.route.list()) expect(valid_utf8(value), "what a route holds is UTF-8");
    for (const auto& [name, value] : request.query.list()) expect(valid_utf8(value), "what a query holds is UTF-8");
    (void)request.query.number("limit", 1000);
    respond({.body = request.route.text("sweep")});
  };
  router.get("/sweeps/{sweep}", Right::kRead, read);
  router.get("/trials/{sweep}/{arm}/{seed}", Right::kRead, read);
  router.post("/sweeps/{sweep}/pause", Right::kSubmit, [&served](const HttpRequest& request, const Respond& respond) {
    served.acted = true;
    served.who = request.visitor.name;
    respond(redirect(local_path(request.form.text("to"))));
  });
  return router;
}

// "POST /path\nHeader: value\n...\n\nbody"
RawRequest request_of(std::string_view input) {
  RawRequest raw;
  const auto line = [&] {
    const std::string_view text = input.substr(0, input.find('\n'));
    input.remove_prefix(std::min(input.size(), text.size() + 1));
    return std::string(text);
  };
  const std::string first = line();
  raw.method = first.substr(0, first.find(' '));
  raw.target = first.substr(std::min(first.size(), raw.method.size() + 1));
  for (std::string header = line(); !header.empty(); header = line()) {
    const size_t colon = std::min(header.find(": "), header.size());
    const std::string name = header.substr(0, colon), value = header.substr(std::min(header.size(), colon + 2));
    if (name == "Host") raw.from.host = value;
    if (name == "Origin") raw.from.origin = value;
    if (name == "Sec-Fetch-Site") raw.from.fetch_site = value;
    if (name == "Authorization") raw.from.authorization = value;
    if (name == "Cookie") raw.from.cookie = value;
    if (name == "Content-Type") raw.content_type = value;
    if (name == "Accept") raw.accept = value;
    if (name == "Idempotency-Key") raw.idempotency_key = value;
  }
  raw.body = std::string(input);
  return raw;
}

}  // namespace

void http_request(std::string_view input) {
  static TwoTokens door;
  static const FakeClock clock;
  Served served;
  Front front(routes(served), door, clock, [] { return std::string(64, 'r'); }, {.port = 1});
  const RawRequest raw = request_of(input);
  const RequestOrigin from = raw.from;
  int answers = 0;
  set_log_sink([](LogLevel, std::string_view, std::string_view) {});  // what it audits and fails at
  front.serve(raw, [&](const HttpResponse& response) {
    ++answers;
    expect(response.status >= 200 && response.status < 600, "the status is one of HTTP's");
    for (const auto& [name, value] : response.headers)
      if (name == "Location")
        expect(value.starts_with("/") && !value.starts_with("//"), "nobody is sent to another server");
  });
  set_log_sink({});
  expect(answers == 1, "a request is answered once");
  if (served.read || served.acted) {
    expect(from.authorization.has_value(), "without a token nothing is served");
    expect(check_host(from, {}, false).ok(), "a foreign Host is served nothing");
  }
  if (served.acted) expect(raw.method == "POST" && served.who == "admin", "who may look alone changes nothing");
}

std::vector<std::string> http_request_seeds() {
  return {
      "GET /sweeps/digits?state=failed&limit=20\nHost: 127.0.0.1:7079\nAuthorization: Bearer read\n\n",
      "GET /trials/a%20b/focal%28gamma%3D2%29/7\nHost: [::1]\nAuthorization: Bearer admin\nAccept: text/html\n\n",
      "POST /sweeps/digits/pause\nHost: localhost\nAuthorization: Bearer admin\n"
      "Content-Type: application/x-www-form-urlencoded\n\nrequest_id=12345678&to=/x",
      "POST /sweeps/digits/pause\nHost: localhost\nCookie: evensweep-1=rrr\nOrigin: http://localhost\n\n",
      "POST /login\nHost: localhost\nSec-Fetch-Site: same-origin\nContent-Type: application/x-www-form-urlencoded\n\n"
      "token=read&to=/sweeps/a",
      "HEAD /sweeps/x\nHost: evil.example\n\n"};
}

}  // namespace evensweep::fuzz

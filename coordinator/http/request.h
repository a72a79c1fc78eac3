#pragma once
// A request and its answer as handlers see them: plain data, within the limits, decoded, and let in.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/status.h"

namespace evensweep::coordinator {

// What somebody may do; each brings along those before it.
enum class Right { kNone, kRead, kSubmit, kAdmin };
const char* right_name(Right right);  // the scope of a token that has it: "read", "submit", "admin"

// Who asks.
struct Visitor {
  std::string name;  // for the log: "token "alice"", "this machine"
  Right right = Right::kNone;
  bool may(Right needed) const { return right >= needed; }
};

// Names and values in their order: of a query, a form, a route.
class HttpValues {
 public:
  void add(std::string name, std::string value) { values_.emplace_back(std::move(name), std::move(value)); }
  // The first one of this name.
  const std::string* find(std::string_view name) const;
  std::string text(std::string_view name) const;  // empty where there is none
  std::vector<std::string> all(std::string_view name) const;
  // Absent where there is none; InvalidArgument that names it where it is no number up to `most`.
  StatusOr<std::optional<uint64_t>> number(std::string_view name, uint64_t most = UINT64_MAX) const;
  const std::vector<std::pair<std::string, std::string>>& list() const { return values_; }

 private:
  std::vector<std::pair<std::string, std::string>> values_;
};

struct HttpRequest {
  std::string method;  // GET or POST; a HEAD comes as GET
  std::string path;    // as it came: "/sweeps/a%20b"
  HttpValues route;    // what stands for the {names} of the route's pattern, decoded
  HttpValues query;
  HttpValues form;   // of a POST with application/x-www-form-urlencoded
  std::string body;  // of any other POST
  std::string last_event_id;
  std::string
      request_id;  // of a POST: what makes a repeated one known (the header Idempotency-Key, the form's request_id)
  Visitor visitor;
  std::string session;         // of this browser, which can be signed out; empty: none
  bool tokens_needed = false;  // without one nobody may do anything here
};

// What one viewer of server-sent events is told. Of the HTTP thread alone.
class EventStream {
 public:
  virtual ~EventStream() = default;
  // What to write next; null: nothing at the moment. A part is shared by all viewers that are told the same.
  virtual std::shared_ptr<const std::string> next() = 0;
  // Nothing will come any more.
  virtual bool is_over() const { return false; }
  // Called whenever next() has something again, or the stream is over.
  std::function<void()> on_news = [] {};
};

struct HttpResponse {
  int status = 200;
  std::string type = "text/html; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  // beside those that all answers have
  std::string cache_control = "no-store";
  std::function<std::shared_ptr<EventStream>()> events;  // called on the HTTP thread; then this is what is answered
};

// Answers a request once; from any thread.
using Respond = std::function<void(HttpResponse)>;
// Runs on the HTTP thread and must not block it.
using Handler = std::function<void(const HttpRequest&, Respond)>;

// "a%20b" -> "a b"; absent for what is no well-formed escape. `plus`: "+" is a space, as in forms.
std::optional<std::string> percent_decoded(std::string_view text, bool plus = false);
// Everything but letters, digits and -._~ as %XX: a segment of a path, a value of a query.
std::string percent_encoded(std::string_view text);
// "a=1&b=2"; InvalidArgument for escapes that are none, what is not UTF-8, and more than 1000 values.
StatusOr<HttpValues> parse_form(std::string_view text);

// "303 See Other" to a path of this server.
HttpResponse redirect(std::string path);
// The status code for an error.
int http_status(const Status& status);

}  // namespace evensweep::coordinator

#pragma once
// Who may ask what: the rules that keep other web pages, other machines and people without a token out. Pure but for
// the sessions' memory; time and chance come in.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "coordinator/http/request.h"

namespace evensweep::coordinator {

// What a request says about where it comes from; absent headers are absent here.
struct RequestOrigin {
  std::optional<std::string> host, origin, fetch_site;
  std::optional<std::string> authorization, cookie;
};

// DNS rebinding: a foreign page whose name suddenly means this machine still says its own name as Host. Over plain HTTP
// the host must be a loopback name or one of `known`; over TLS the certificate has settled it.
Status check_host(const RequestOrigin& from, const std::vector<std::string>& known, bool tls);

// Cross-site requests: what changes something must come from a page of this server itself, as browsers say in Origin or
// Sec-Fetch-Site. `proof_needed`: a request without either is refused too, as where a cookie alone speaks for it.
Status check_same_origin(const RequestOrigin& from, bool proof_needed);

// The token of "Bearer TOKEN". Unauthenticated for any other authorization.
StatusOr<std::optional<std::string>> bearer_token(const RequestOrigin& from);

// The value of a cookie in a Cookie header.
std::optional<std::string> cookie_value(std::string_view header, std::string_view name);

// A path of this server to go to after signing in; "/" for whatever may lead elsewhere.
std::string local_path(std::string_view given);

// Knows tokens and certificates; coordinator/rpc has the same for its calls. From any thread.
class Doorkeeper {
 public:
  virtual ~Doorkeeper() = default;
  // Whether nobody needs a token, as on a machine's own loopback.
  virtual bool is_open() const = 0;
  // `certificate` (PEM) was verified by TLS; empty: none. Unauthenticated for what is not known, and for neither of
  // both where one is needed.
  virtual StatusOr<Visitor> identify(const std::optional<std::string>& token, const std::string& certificate) = 0;
  // So many calls and pages were refused so far.
  virtual uint64_t refusals() const = 0;
  virtual uint64_t failed_handshakes() const = 0;  // of TLS, of callers over gRPC
  // Counts and logs what was refused.
  virtual void note_refusal(const std::string& what, const std::string& who, const Status& why) = 0;
};

// Sessions of browsers that gave a token. The cookie holds a number drawn at random, never the token; what the token
// may do is looked up anew for every request. Of one thread alone.
class Sessions {
 public:
  // `draw` gives 256 bits as text. At most kMost at once: a new one pushes out the oldest.
  explicit Sessions(std::function<std::string()> draw) : draw_(std::move(draw)) {}

  static constexpr Duration kLife{12 * 3600 * 1000};
  static constexpr size_t kMost = 1000;

  std::string begin(std::string token, TimePoint now);
  std::optional<std::string> token_of(std::string_view session, TimePoint now);
  void end(std::string_view session);

 private:
  struct Session {
    std::string token;
    TimePoint began;
  };
  std::function<std::string()> draw_;
  std::map<std::string, Session, std::less<>> sessions_;  // by the SHA-256 of what the cookie holds
};

}  // namespace evensweep::coordinator

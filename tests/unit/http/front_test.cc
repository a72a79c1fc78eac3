// From a request to its answer: rights, sessions, origins, errors, and the headers that every answer has.

#include "coordinator/http/front.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "common/model/json.h"
#include "tests/unit/http/fake_door.h"

namespace evensweep::coordinator {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class FrontTest : public testing::Test {
 protected:
  // With `open` nobody needs a token.
  explicit FrontTest(bool open = false)
      : door_(open), front_(router(), door_, clock_, [this] { return draw(); }, {.port = 80}) {}

  std::string draw() { return std::to_string(++drawn_) + std::string(60, 'x'); }
  Router router() {
    Router router;
    const auto echo = [this](const HttpRequest& request, const Respond& respond) {
      ++handled_;
      request_ = request;
      respond({.type = "text/plain", .body = "hello"});
    };
    router.get("/page", Right::kRead, echo);
    router.get("/api/v1/thing/{name}", Right::kRead, echo);
    router.get("/open", Right::kNone, echo);
    router.post("/act", Right::kSubmit, echo);
    router.post("/drain", Right::kAdmin, echo);
    router.get("/fails", Right::kNone, [](const HttpRequest&, const Respond& respond) {
      respond(error_response(absl::InternalError("cannot open /secret/path")));
    });
    router.get("/api/fails", Right::kNone, [](const HttpRequest&, const Respond& respond) {
      respond(error_response(absl::NotFoundError("there is no sweep \"x\"")));
    });
    router.get("/throws", Right::kNone,
               [](const HttpRequest&, const Respond&) { throw std::runtime_error("/a/b.cc"); });
    return router;
  }

  RawRequest ask(std::string method, std::string target) {
    RawRequest raw{.method = std::move(method), .target = std::move(target)};
    raw.from.host = "127.0.0.1:80";
    return raw;
  }
  HttpResponse serve(RawRequest raw) {
    std::optional<HttpResponse> answered;
    front_.serve(std::move(raw), [&](HttpResponse response) {
      EXPECT_FALSE(answered) << "answered twice";
      answered = std::move(response);
    });
    EXPECT_TRUE(answered);
    return answered.value_or(HttpResponse{});
  }
  static std::string header(const HttpResponse& response, const std::string& name) {
    for (const auto& [known, value] : response.headers)
      if (known == name) return value;
    return "";
  }
  HttpResponse with_token(const std::string& token, std::string method, std::string target) {
    RawRequest raw = ask(std::move(method), std::move(target));
    raw.from.authorization = "Bearer " + token;
    return serve(std::move(raw));
  }
  // The cookie of a session that begins with this token; empty: there is none.
  std::string log_in(const std::string& token) {
    RawRequest raw = ask("POST", "/login");
    raw.content_type = "application/x-www-form-urlencoded";
    raw.body = "token=" + token + "&to=/page";
    const HttpResponse response = serve(std::move(raw));
    EXPECT_EQ(response.status, 303);
    const std::string set = header(response, "Set-Cookie");
    EXPECT_EQ(header(response, "Location"), set.empty() ? "/login?wrong=1&to=%2Fpage" : "/page");
    return set.substr(0, set.find(';'));
  }

  FakeClock clock_;
  FakeDoor door_;
  int drawn_ = 0, handled_ = 0;
  HttpRequest request_;
  Front front_;
};

class OpenFrontTest : public FrontTest {
 protected:
  OpenFrontTest() : FrontTest(true) {}
};

TEST_F(FrontTest, LetsInByTokenAndRight) {
  EXPECT_EQ(serve(ask("GET", "/page")).status, 401);
  EXPECT_EQ(header(serve(ask("GET", "/page")), "WWW-Authenticate"), "Bearer");
  EXPECT_THAT(door_.noted, IsEmpty()) << "not to have signed in yet is no offence";
  EXPECT_EQ(serve(ask("GET", "/open")).status, 200);
  EXPECT_EQ(with_token("read", "GET", "/page").status, 200);
  EXPECT_EQ(request_.visitor.name, "token read");
  EXPECT_TRUE(request_.tokens_needed);
  EXPECT_EQ(with_token("read", "HEAD", "/page").status, 200);
  EXPECT_EQ(with_token("none", "GET", "/page").status, 403);
  EXPECT_EQ(with_token("wrong", "GET", "/page").status, 401);
  EXPECT_EQ(with_token("read", "POST", "/act").status, 403);
  EXPECT_EQ(with_token("submit", "POST", "/act").status, 200);
  EXPECT_EQ(with_token("submit", "POST", "/drain").status, 403);
  EXPECT_EQ(with_token("admin", "POST", "/drain").status, 200);
  EXPECT_THAT(door_.noted, SizeIs(4));
  RawRequest basic = ask("GET", "/page");
  basic.from.authorization = "Basic x";
  EXPECT_EQ(serve(basic).status, 401);
}

TEST_F(FrontTest, SendsPeopleToLogIn) {
  RawRequest raw = ask("GET", "/page?a=1");
  raw.accept = "text/html,*/*";
  const HttpResponse response = serve(raw);
  EXPECT_EQ(response.status, 303);
  EXPECT_EQ(header(response, "Location"), "/login?to=%2Fpage%3Fa%3D1");
  raw.target = "/api/v1/thing/a";
  EXPECT_EQ(serve(raw).status, 401) << "programs are told";
}

TEST_F(FrontTest, SessionsSpeakForABrowser) {
  const std::string cookie = log_in("submit");
  EXPECT_THAT(cookie, AllOf(HasSubstr("evensweep-80="), Not(HasSubstr("submit"))));
  RawRequest raw = ask("GET", "/page");
  raw.from.cookie = "other=1; " + cookie;
  EXPECT_EQ(serve(raw).status, 200);
  EXPECT_FALSE(request_.session.empty());
  raw = ask("POST", "/act");
  raw.from.cookie = cookie;
  EXPECT_EQ(serve(raw).status, 403) << "nothing says that the page is ours";
  raw.from.origin = "http://evil.example";
  EXPECT_EQ(serve(raw).status, 403);
  raw.from.origin = "http://127.0.0.1:80";
  EXPECT_EQ(serve(raw).status, 200);
  door_.revoked = true;
  EXPECT_EQ(serve(raw).status, 401) << "a token that is taken away ends its sessions";
  door_.revoked = false;
  RawRequest out = ask("POST", "/logout");
  out.from = raw.from;
  EXPECT_THAT(header(serve(out), "Set-Cookie"), HasSubstr("Max-Age=0"));
  EXPECT_EQ(serve(raw).status, 401);
}

TEST_F(FrontTest, LogsInWithATokenThatMayLookAlone) {
  EXPECT_THAT(log_in("wrong"), IsEmpty());
  EXPECT_THAT(log_in("none"), IsEmpty());
  EXPECT_THAT(door_.noted, SizeIs(2));
  RawRequest raw = ask("POST", "/login");
  raw.content_type = "application/x-www-form-urlencoded; charset=utf-8";
  raw.body = "token=read&to=//evil.example/";
  const HttpResponse response = serve(raw);
  EXPECT_EQ(header(response, "Location"), "/");
  EXPECT_THAT(header(response, "Set-Cookie"), AllOf(HasSubstr("HttpOnly"), HasSubstr("SameSite=Strict")));
  raw.from.origin = "http://evil.example";
  EXPECT_EQ(serve(raw).status, 403) << "nobody logs others in";
}

TEST_F(FrontTest, ACertificateAloneIsNoProofOfThePage) {
  RawRequest raw = ask("POST", "/act");
  raw.certificate = "pem";
  EXPECT_EQ(serve(raw).status, 403);
  raw.from.fetch_site = "same-origin";
  EXPECT_EQ(serve(raw).status, 200);
}

TEST_F(OpenFrontTest, GuardsAgainstForeignPagesAllTheSame) {
  EXPECT_EQ(serve(ask("GET", "/page")).status, 200);
  EXPECT_EQ(serve(ask("POST", "/drain")).status, 200) << "a program of this machine";
  RawRequest raw = ask("POST", "/act");
  raw.from.fetch_site = "cross-site";
  EXPECT_EQ(serve(raw).status, 403);
  raw = ask("GET", "/page");
  raw.from.host = "evil.example";
  EXPECT_EQ(serve(raw).status, 403) << "DNS rebinding";
  raw.from.host.reset();
  EXPECT_EQ(serve(raw).status, 400);
  EXPECT_EQ(handled_, 2);
}

TEST_F(OpenFrontTest, GivesEveryAnswerItsHeaders) {
  RawRequest refused = ask("GET", "/page");
  refused.from.host = "evil.example";
  for (const HttpResponse& response : {serve(ask("GET", "/page")), serve(ask("GET", "/nowhere")), serve(refused),
                                       serve(ask("GET", "/fails")), front_.refusal(400, "no")}) {
    EXPECT_THAT(header(response, "Content-Security-Policy"),
                AllOf(HasSubstr("default-src 'none'"), HasSubstr("frame-ancestors 'none'"), Not(HasSubstr("unsafe"))));
    EXPECT_EQ(header(response, "X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(header(response, "Referrer-Policy"), "no-referrer");
    EXPECT_EQ(header(response, "Access-Control-Allow-Origin"), "");
    EXPECT_EQ(response.cache_control, "no-store");
  }
}

TEST_F(OpenFrontTest, DecodesWhatHandlersGet) {
  serve(ask("GET", "/api/v1/thing/a%20b?x=%2B&y=1+2"));
  EXPECT_EQ(request_.route.text("name"), "a b");
  EXPECT_EQ(request_.query.text("x"), "+");
  EXPECT_EQ(request_.query.text("y"), "1 2");
  EXPECT_EQ(request_.method, "GET");
  RawRequest raw = ask("POST", "/act");
  raw.content_type = "application/json";
  raw.body = "{}";
  serve(raw);
  EXPECT_EQ(request_.body, "{}");
  EXPECT_EQ(request_.request_id.size(), 61u) << "one is drawn where none is given";
  raw.idempotency_key = "key-12345";
  serve(raw);
  EXPECT_EQ(request_.request_id, "key-12345");
  raw = ask("POST", "/act");
  raw.content_type = "application/x-www-form-urlencoded";
  raw.body = "request_id=form-12345&a=b";
  serve(raw);
  EXPECT_EQ(request_.request_id, "form-12345");
  EXPECT_EQ(request_.form.text("a"), "b");
  for (const char* bad : {"/page?a=%zz", "/api/v1/thing/%ff"}) EXPECT_EQ(serve(ask("GET", bad)).status, 400);
}

TEST_F(OpenFrontTest, ErrorsHaveAnIdAndTellNothingFromInside) {
  testing::internal::CaptureStderr();
  const HttpResponse inside = serve(ask("GET", "/fails")), thrown = serve(ask("GET", "/throws"));
  const std::string logged = testing::internal::GetCapturedStderr();
  EXPECT_EQ(inside.status, 500);
  EXPECT_EQ(thrown.status, 500);
  for (const HttpResponse* response : {&inside, &thrown}) {
    EXPECT_THAT(response->body, Not(AnyOf(HasSubstr("/secret"), HasSubstr(".cc"))));
    const std::string id = response->body.substr(response->body.find('(') + 1, 12);
    EXPECT_THAT(logged, HasSubstr(id)) << "the log has the reason under this id";
  }
  EXPECT_THAT(logged, HasSubstr("/secret/path"));
  const HttpResponse told = serve(ask("GET", "/api/fails"));
  EXPECT_EQ(told.status, 404);
  EXPECT_EQ(told.type, "application/json");
  const Json json = Json::parse(told.body);
  EXPECT_EQ(json["error"]["message"], "there is no sweep \"x\"");
  EXPECT_EQ(json["error"]["id"].get<std::string>().size(), 12u);
  EXPECT_EQ(header(serve(ask("GET", "/act")), "Allow"), "POST");
}

}  // namespace
}  // namespace evensweep::coordinator

#include "coordinator/http/access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace evensweep::coordinator {
namespace {

using testing::HasSubstr;

RequestOrigin host(const char* name) { return {.host = name}; }

TEST(Host, MustBeANameOfThisCoordinator) {
  for (const char* good : {"127.0.0.1:7079", "127.8.9.1", "localhost", "LOCALHOST:1", "[::1]:7079"})
    EXPECT_TRUE(check_host(host(good), {}, false).ok()) << good;
  for (const char* bad : {"evil.example", "127.0.0.1.evil.example:7079", "localhost.evil.example", "10.0.0.1", "[::2]",
                          "", "[", "evil.example:80"})
    EXPECT_FALSE(check_host(host(bad), {}, false).ok()) << bad;
  EXPECT_TRUE(absl::IsInvalidArgument(check_host({}, {}, false)));
  EXPECT_TRUE(check_host(host("Head.example:7079"), {"head.example"}, false).ok());
  EXPECT_FALSE(check_host(host("other.example"), {"head.example"}, false).ok());
  EXPECT_TRUE(check_host(host("anything"), {}, true).ok()) << "the certificate has settled it";
}

TEST(Origin, KeepsOtherPagesFromChangingAnything) {
  const auto check = [](std::optional<std::string> origin, std::optional<std::string> site, bool proof) {
    RequestOrigin from = host("127.0.0.1:7079");
    from.origin = std::move(origin);
    from.fetch_site = std::move(site);
    return check_same_origin(from, proof).ok();
  };
  for (const bool proof : {false, true}) {
    EXPECT_TRUE(check("http://127.0.0.1:7079", std::nullopt, proof));
    EXPECT_TRUE(check("null", "same-origin", proof)) << "what browsers send where no referrer may be told";
    for (const char* other :
         {"http://evil.example", "null", "http://127.0.0.1:80", "http://127.0.0.1:7079.evil.example", "file://", ""})
      EXPECT_FALSE(check(other, std::nullopt, proof)) << other;
    for (const char* site : {"cross-site", "same-site", "none", ""})
      EXPECT_FALSE(check("http://127.0.0.1:7079", site, proof)) << site;
  }
  EXPECT_TRUE(check(std::nullopt, std::nullopt, false)) << "a program";
  EXPECT_FALSE(check(std::nullopt, std::nullopt, true)) << "a cookie alone is no proof";
}

TEST(Bearer, IsTheOnlyAuthorization) {
  RequestOrigin from;
  EXPECT_EQ(*bearer_token(from), std::nullopt);
  from.authorization = "Bearer secret";
  EXPECT_EQ(**bearer_token(from), "secret");
  from.authorization = "bearer secret";
  EXPECT_EQ(**bearer_token(from), "secret");
  for (const char* bad : {"Basic YTpi", "Bearer", "secret", ""}) {
    from.authorization = bad;
    EXPECT_TRUE(absl::IsUnauthenticated(bearer_token(from).status())) << bad;
  }
}

TEST(Cookie, IsFoundByItsWholeName) {
  EXPECT_EQ(cookie_value("a=1; evensweep-7=x; b=2", "evensweep-7"), "x");
  EXPECT_EQ(cookie_value("xevensweep-7=x;evensweep-70=y", "evensweep-7"), std::nullopt);
  EXPECT_EQ(cookie_value("evensweep-7=", "evensweep-7"), "");
  EXPECT_EQ(cookie_value("", "evensweep-7"), std::nullopt);
  EXPECT_EQ(cookie_value(";;=; evensweep-7=a=b", "evensweep-7"), "a=b");
}

TEST(LocalPath, NeverLeadsElsewhere) {
  EXPECT_EQ(local_path("/sweeps/a?page=2"), "/sweeps/a?page=2");
  for (const char* bad : {"", "sweeps", "//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nX: y",
                          "/a b", "/\x7f", "/\xc3\xa4"})
    EXPECT_EQ(local_path(bad), "/") << bad;
}

TEST(Sessions, LiveForAWhileAndHoldNoTokenInTheCookie) {
  int drawn = 0;
  Sessions sessions([&] { return "session " + std::to_string(++drawn); });
  const TimePoint start{Duration(0)};
  const std::string session = sessions.begin("token", start);
  EXPECT_THAT(session, testing::Not(HasSubstr("token")));
  EXPECT_EQ(sessions.token_of(session, start), "token");
  EXPECT_EQ(sessions.token_of("session 2", start), std::nullopt);
  EXPECT_EQ(sessions.token_of("", start), std::nullopt);
  EXPECT_EQ(sessions.token_of(session, start + (Sessions::kLife - Duration(1))), "token");
  EXPECT_EQ(sessions.token_of(session, start + Sessions::kLife), std::nullopt);
  const std::string other = sessions.begin("token", start);
  sessions.end(other);
  EXPECT_EQ(sessions.token_of(other, start), std::nullopt);
}

TEST(Sessions, AreBounded) {
  int drawn = 0;
  Sessions sessions([&] { return std::to_string(++drawn); });
  for (size_t i = 0; i <= Sessions::kMost; ++i) sessions.begin("t", TimePoint{Duration(static_cast<int64_t>(i))});
  EXPECT_EQ(sessions.token_of("1", TimePoint{}), std::nullopt) << "the oldest went";
  EXPECT_TRUE(sessions.token_of("2", TimePoint{}));
  EXPECT_TRUE(sessions.token_of(std::to_string(Sessions::kMost + 1), TimePoint{}));
}

}  // namespace
}  // namespace evensweep::coordinator

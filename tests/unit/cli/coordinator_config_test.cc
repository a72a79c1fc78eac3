// The dashboard's part of coordinator.yaml, and who is let in to it.

#include "cli/coordinator_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/web_door.h"
#include "common/base/hash.h"

namespace evensweep {
namespace {

using coordinator::Authorizer;
using coordinator::Right;
using coordinator::TokenEntry;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(CoordinatorConfig, SaysWhereTheDashboardIs) {
  const auto settings = parse_coordinator_settings(
      "version: 1\nhttp: {listen: \"[::1]:80\", hosts: [head, head.example], connections: 80, connections_per_peer: "
      "7}\n",
      "c.yaml");
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->http, "[::1]:80");
  EXPECT_THAT(settings->http_hosts, ElementsAre("head", "head.example"));
  EXPECT_EQ(settings->http_limits.connections, 80u);
  EXPECT_EQ(settings->http_limits.streams, 70u);
  EXPECT_EQ(settings->http_limits.per_peer, 7u);
  EXPECT_EQ(parse_coordinator_settings("version: 1\nhttp: {listen: none}\n", "c.yaml")->http, kNoHttp);
  EXPECT_EQ(parse_coordinator_settings("version: 1\n", "c.yaml")->http, "") << "the default, where its port is free";
}

TEST(CoordinatorConfig, MistakesOfTheDashboardAreOneLine) {
  const auto why = [](const std::string& http) {
    const Status status = parse_coordinator_settings("version: 1\nhttp: " + http + "\n", "c.yaml").status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_EQ(status.message().find('\n'), std::string::npos) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("c.yaml:2"));
    return std::string(status.message());
  };
  EXPECT_THAT(why("{listen: nonsense}"), HasSubstr("\"nonsense\" is neither"));
  EXPECT_THAT(why("{listen: \"unix:/x\"}"), HasSubstr("HOST:PORT"));
  EXPECT_THAT(why("{port: 80}"), HasSubstr("port"));
  EXPECT_THAT(why("{connections: 0}"), HasSubstr("connections"));
}

TEST(WebDoor, GivesTheRightsOfTheToken) {
  FakeClock clock;
  const auto token = [](const std::string& name, v1::Scope scope) {
    return TokenEntry{.name = name, .scopes = {scope}, .sha256 = sha256_hex("secret of " + name), .expires_millis = {}};
  };
  Authorizer authorizer(clock,
                        {token("r", v1::SCOPE_READ), token("s", v1::SCOPE_SUBMIT), token("x", v1::SCOPE_ADMIN),
                         token("a", v1::SCOPE_AGENT)},
                        false);
  WebDoor door(authorizer);
  EXPECT_FALSE(door.is_open());
  EXPECT_EQ(door.identify("secret of r", "")->right, Right::kRead);
  EXPECT_EQ(door.identify("secret of s", "")->right, Right::kSubmit);
  EXPECT_EQ(door.identify("secret of x", "")->right, Right::kAdmin);
  EXPECT_EQ(door.identify("secret of a", "")->right, Right::kNone) << "agents look at no pages";
  EXPECT_EQ(door.identify("secret of s", "")->name, "token \"s\"");
  for (const std::optional<std::string>& wrong : {std::optional<std::string>(), std::optional<std::string>("wrong")})
    EXPECT_TRUE(absl::IsUnauthenticated(door.identify(wrong, "").status()));
  door.note_refusal("\"GET /x\"", "somebody", absl::PermissionDeniedError("no"));
  EXPECT_EQ(door.refusals(), 1u);
}

TEST(WebDoor, IsOpenWhereNobodyNeedsAToken) {
  FakeClock clock;
  Authorizer authorizer(clock, {}, true);
  WebDoor door(authorizer);
  EXPECT_TRUE(door.is_open());
  EXPECT_EQ(door.identify({}, "")->right, Right::kAdmin);
  EXPECT_EQ(door.identify({}, "")->name, "this machine");
  EXPECT_TRUE(absl::IsUnauthenticated(door.identify("wrong", "").status())) << "a token that is given counts";
}

}  // namespace
}  // namespace evensweep

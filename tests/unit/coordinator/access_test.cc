#include "coordinator/rpc/access.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include "common/base/hash.h"
#include "coordinator/rpc/credentials.h"
#include "evensweep/v1/agent_link.pb.h"
#include "evensweep/v1/agents.pb.h"
#include "evensweep/v1/files.pb.h"
#include "evensweep/v1/sweeps.pb.h"

namespace evensweep::coordinator {
namespace {

using testing::HasSubstr;

const std::string kConnect = "/evensweep.v1.AgentLink/Connect", kSubmit = "/evensweep.v1.Sweeps/Submit",
                  kWatch = "/evensweep.v1.Sweeps/Watch", kDrain = "/evensweep.v1.Agents/Drain";

TokenEntry token(const std::string& name, Scopes scopes, std::optional<int64_t> expires = std::nullopt) {
  return {
      .name = name, .scopes = std::move(scopes), .sha256 = sha256_hex("secret of " + name), .expires_millis = expires};
}

bool may(v1::Scope scope, const std::string& path) {
  const auto caller = identify({token("t", {scope})}, "secret of t", "", 0);
  EXPECT_TRUE(caller.ok()) << caller.status();
  return permit(*caller, path).ok();
}

TEST(Access, EveryMethodNamesItsScopes) {
  int methods = 0;
  for (const auto* file : {v1::Hello::descriptor()->file(), v1::FileState::descriptor()->file(),
                           v1::SubmitRequest::descriptor()->file(), v1::AgentView::descriptor()->file()})
    for (int i = 0; i < file->service_count(); ++i)
      for (int j = 0; j < file->service(i)->method_count(); ++j) {
        const auto* method = file->service(i)->method(j);
        const std::string path = "/" + file->service(i)->full_name() + "/" + method->name();
        const auto scopes = scopes_needed(path);
        ASSERT_TRUE(scopes.has_value()) << path << " is open to anybody";
        EXPECT_FALSE(scopes->empty()) << path << " needs: option (scope) = ... (proto/evensweep/v1/access.proto)";
        EXPECT_FALSE(scopes->contains(v1::SCOPE_UNSPECIFIED)) << path;
        ++methods;
      }
  EXPECT_GE(methods, 5);
}

TEST(Access, ScopesAreWhatTheySay) {
  EXPECT_TRUE(may(v1::SCOPE_AGENT, kConnect));
  EXPECT_TRUE(may(v1::SCOPE_SUBMIT, kSubmit));
  EXPECT_TRUE(may(v1::SCOPE_READ, kWatch));
  EXPECT_TRUE(may(v1::SCOPE_SUBMIT, kWatch)) << "who submits may look";
  for (const std::string& path : {kSubmit, kWatch, kDrain}) EXPECT_TRUE(may(v1::SCOPE_ADMIN, path)) << path;
  for (const std::string& path : {kSubmit, kWatch, kDrain}) EXPECT_FALSE(may(v1::SCOPE_AGENT, path)) << path;
  for (const std::string& path : {kConnect, kSubmit, kDrain}) EXPECT_FALSE(may(v1::SCOPE_READ, path)) << path;
  for (const std::string& path : {kConnect, kDrain}) EXPECT_FALSE(may(v1::SCOPE_SUBMIT, path)) << path;
  EXPECT_FALSE(may(v1::SCOPE_ADMIN, kConnect)) << "an administrator is no agent";
}

TEST(Access, AnUnknownMethodIsForAdministrators) {
  for (const std::string path : {"/evensweep.v1.Sweeps/NoSuch", "/x/y", "", "/", "/evensweep.v1.Sweeps",
                                 "/evensweep.v1.Hello/agent_id", "/grpc.health.v1.HealthX/Check"}) {
    EXPECT_TRUE(may(v1::SCOPE_ADMIN, path)) << path;
    for (const v1::Scope scope : {v1::SCOPE_READ, v1::SCOPE_SUBMIT, v1::SCOPE_AGENT})
      EXPECT_FALSE(may(scope, path)) << path;
  }
}

TEST(Access, HealthIsOpen) { EXPECT_FALSE(scopes_needed("/grpc.health.v1.Health/Check").has_value()); }

TEST(Access, RefusesTokens) {
  const std::vector<TokenEntry> tokens = {token("old", {v1::SCOPE_READ}, 1000), token("new", {v1::SCOPE_READ})};
  const auto why = [&](std::optional<std::string> given, int64_t now) {
    const Status status = identify(tokens, given, "", now).status();
    EXPECT_TRUE(status.ok() || absl::IsUnauthenticated(status)) << status;
    return std::string(status.message());
  };
  EXPECT_EQ(why("secret of old", 999), "");
  EXPECT_EQ(why("secret of new", 999), "") << "two are good at once";
  EXPECT_THAT(why("secret of old", 1000), HasSubstr("has expired"));
  EXPECT_THAT(why("secret of nobody", 0), HasSubstr("not known"));
  EXPECT_THAT(why("", 0), HasSubstr("not known"));
  EXPECT_THAT(why(tokens[1].sha256, 0), HasSubstr("not known")) << "the hash in the file is no token";
  EXPECT_THAT(why(std::nullopt, 0), HasSubstr("--token-file"));
  EXPECT_TRUE(absl::IsUnauthenticated(identify({}, std::nullopt, "no certificate", 0).status()));
}

TEST(Access, AnAgentHasTheNameOfItsCertificate) {
  EXPECT_TRUE(may_be_agent("gpu-1", "gpu-1"));
  EXPECT_TRUE(may_be_agent("gpu-1", "gpu-1.3f2a"));
  for (const char* other : {"gpu-10", "gpu-1-b", "gpu-2", "gpu", "", "gpu-1x.a"})
    EXPECT_FALSE(may_be_agent("gpu-1", other)) << other;
}

TEST(Exposure, WantsTlsAndATokenOrCertificateForOthers) {
  const auto check = [](const std::string& address, const ServerSecurity& security) {
    return std::string(check_exposure(*parse_address(address), security).message());
  };
  const ServerSecurity none, tokens{.has_tokens = true}, tls{.certificate = "c", .key = "k"},
      both{.certificate = "c", .key = "k", .has_tokens = true},
      certificates{.certificate = "c", .key = "k", .client_ca = "a"},
      optional{.certificate = "c", .key = "k", .client_ca = "a", .client_certificate_required = false};
  for (const char* local : {"127.0.0.1:1", "[::1]:1", "localhost:1", "unix:/x"}) EXPECT_EQ(check(local, none), "");
  for (const char* open : {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "head:1"}) {
    EXPECT_THAT(check(open, none), HasSubstr("needs TLS"));
    EXPECT_THAT(check(open, none), HasSubstr("evensweep certs init"));
    EXPECT_THAT(check(open, tokens), HasSubstr("needs TLS"));
    EXPECT_THAT(check(open, tls), HasSubstr("needs tokens or client certificates"));
    EXPECT_THAT(check(open, optional), HasSubstr("needs tokens or client certificates"));
    EXPECT_EQ(check(open, both), "");
    EXPECT_EQ(check(open, certificates), "");
  }
}

TEST(Authorizer, CountsAndReloads) {
  FakeClock clock;
  Authorizer authorizer(clock, {token("a", {v1::SCOPE_READ})}, false);
  EXPECT_TRUE(authorizer.decide(kWatch, "secret of a", "").ok());
  EXPECT_TRUE(absl::IsPermissionDenied(authorizer.decide(kSubmit, "secret of a", "")));
  EXPECT_TRUE(absl::IsUnauthenticated(authorizer.decide(kWatch, std::nullopt, "")));
  EXPECT_EQ(authorizer.refused(), 2u);
  authorizer.replace({token("b", {v1::SCOPE_SUBMIT})});
  EXPECT_TRUE(absl::IsUnauthenticated(authorizer.decide(kWatch, "secret of a", "")));
  EXPECT_TRUE(authorizer.decide(kSubmit, "secret of b", "").ok());
  EXPECT_EQ(authorizer.refused(), 3u);
  EXPECT_TRUE(authorizer.decide("/grpc.health.v1.Health/Check", std::nullopt, "").ok());
}

TEST(Authorizer, TellsRefusalsForTheAuditLogAtMostEveryTenSeconds) {
  FakeClock clock;
  Authorizer authorizer(clock, {token("a", {v1::SCOPE_READ})}, false);
  std::vector<Audited> rows;
  authorizer.tell_refusals([&](Audited row) { rows.push_back(std::move(row)); });
  for (int i = 0; i < 1000; ++i) (void)authorizer.decide(kSubmit, "secret of a", "");
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_THAT(rows[0].who, HasSubstr("a"));
  EXPECT_EQ(rows[0].what, "refused");
  EXPECT_THAT(rows[0].subject, HasSubstr(kSubmit));
  EXPECT_THAT(rows[0].outcome, HasSubstr("(1 refused"));
  clock.advance(Duration(10'000));
  (void)authorizer.decide("/evensweep." + std::string(9000, 'x'), "wrong", "");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[1].who, "somebody");
  EXPECT_LE(rows[1].subject.size(), 200u);
  EXPECT_THAT(rows[1].outcome, HasSubstr("(1001 refused"));
}

TEST(Authorizer, AnOpenOneStillLooksAtATokenThatIsGiven) {
  FakeClock clock;
  Authorizer authorizer(clock, {}, true);
  EXPECT_TRUE(authorizer.decide(kSubmit, std::nullopt, "").ok());
  EXPECT_TRUE(absl::IsUnauthenticated(authorizer.decide(kSubmit, "wrong", "")));
}

}  // namespace
}  // namespace evensweep::coordinator

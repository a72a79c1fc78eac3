#include "cli/coordinator_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "cli/coordinator_chores.h"
#include "cli/secret_file.h"
#include "common/base/hash.h"
#include "tests/unit/dataset/temporary_folder.h"

namespace evensweep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

CoordinatorSettings parsed(const std::string& text) {
  const auto settings = parse_coordinator_settings("version: 1\n" + text, "/etc/evensweep/coordinator.yaml");
  EXPECT_TRUE(settings.ok()) << settings.status();
  return settings.value_or(CoordinatorSettings{});
}

std::string refusal(const std::string& text) {
  const auto settings = parse_coordinator_settings("version: 1\n" + text, "coordinator.yaml");
  EXPECT_FALSE(settings.ok()) << text;
  return std::string(settings.status().message());
}

TEST(CoordinatorConfig, FindsFilesBesideItself) {
  const CoordinatorSettings settings = parsed(
      "listen: [0.0.0.0:7078, '[::1]:7077']\nstate: /var/lib/evensweep\ntokens: tokens.yaml\n"
      "tls: {cert: server.crt, key: ../server.key, client_ca: ca.crt, client_certificates: optional}\n"
      "backup: {minutes: 2, keep: 9}\nhttp: {listen: none}\n");
  EXPECT_THAT(settings.listen, ElementsAre("0.0.0.0:7078", "[::1]:7077"));
  EXPECT_EQ(settings.state, "/var/lib/evensweep");
  EXPECT_EQ(settings.tokens, "/etc/evensweep/tokens.yaml");
  EXPECT_EQ(settings.certificate, "/etc/evensweep/server.crt");
  EXPECT_EQ(settings.client_ca, "/etc/evensweep/ca.crt");
  EXPECT_FALSE(settings.client_certificate_required);
  EXPECT_EQ(settings.backup_interval, Duration(120'000));
  EXPECT_EQ(settings.backups_kept, 9);
  EXPECT_EQ(settings.http, kNoHttp);
}

TEST(CoordinatorConfig, ReadsTimeoutsInSeconds) {
  const coordinator::CoreOptions untouched;
  const coordinator::CoreOptions core = parsed(
                                            "timeouts: {heartbeat: 0.2, suspect: 0.6, lease: 1.5, start_grace: 3, "
                                            "brake: 4, quarantine: 90, backoff: 0.1}")
                                            .core;
  EXPECT_EQ(core.heartbeat, Duration(200));
  EXPECT_EQ(core.suspect, Duration(600));
  EXPECT_EQ(core.lease, Duration(1'500));
  EXPECT_EQ(core.start_grace, Duration(3'000));
  EXPECT_EQ(core.brake, Duration(4'000));
  EXPECT_EQ(core.quarantine, Duration(90'000));
  EXPECT_EQ(core.first_backoff, Duration(100));
  const coordinator::CoreOptions some = parsed("timeouts: {lease: 60}").core;
  EXPECT_EQ(some.lease, Duration(60'000));
  EXPECT_EQ(some.heartbeat, untouched.heartbeat) << "what is not named stays";
  EXPECT_EQ(some.suspect, untouched.suspect);
}

TEST(CoordinatorConfig, RefusesTimeoutsThatContradictEachOther) {
  EXPECT_THAT(refusal("timeouts: {heartbeat: 20}"), HasSubstr("needs heartbeat < suspect <= lease"));
  EXPECT_THAT(refusal("timeouts: {lease: 10}"), HasSubstr("needs heartbeat < suspect <= lease"));
  EXPECT_THAT(refusal("timeouts: {suspect: 5, heartbeat: 5}"), HasSubstr("needs heartbeat < suspect <= lease"));
  EXPECT_THAT(refusal("timeouts: {lease: 0}"), HasSubstr("coordinator.yaml:2"));
  EXPECT_THAT(refusal("timeouts: {lease: -1}"), HasSubstr("coordinator.yaml:2"));
  EXPECT_THAT(refusal("timeouts: {lease: 100000}"), HasSubstr("coordinator.yaml:2"));
  EXPECT_THAT(refusal("timeouts: {lease: .nan}"), HasSubstr("coordinator.yaml:2"));
  EXPECT_THAT(refusal("timeouts: {leases: 30}"), HasSubstr("did you mean timeouts.lease?"));
}

TEST(CoordinatorConfig, EveryMistakeIsOneLineWithItsPlace) {
  const std::pair<const char*, const char*> cases[] = {
      {"listen: nowhere", "coordinator.yaml:2"},
      {"tls: {cert: a}", "needs both cert and key"},
      {"tls: {cert: a, key: b, client_certificates: maybe}", "required"},
      {"http: {listen: nowhere}", "the dashboard listens on HOST:PORT"},
      {"backup: {minutes: 0}", "coordinator.yaml:2"},
      {"backup: {keep: 0}", "coordinator.yaml:2"},
      {"lisen: 127.0.0.1:1", "did you mean listen?"},
  };
  for (const auto& [text, words] : cases) {
    const std::string message = refusal(text);
    EXPECT_THAT(message, HasSubstr(words)) << text;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
}

TEST(Tokens, AreReadByTheirHashes) {
  const std::string sum = sha256_hex("secret");
  const auto tokens = parse_tokens("version: 1\ntokens:\n- {name: ci, scopes: [read, submit], sha256: " + sum +
                                       ", expires: 2026-11-26}\n- {name: me, scopes: [admin], sha256: " + sum + "}\n",
                                   "tokens.yaml");
  ASSERT_TRUE(tokens.ok()) << tokens.status();
  ASSERT_EQ(tokens->size(), 2u);
  EXPECT_EQ(tokens->at(0).name, "ci");
  EXPECT_EQ(tokens->at(0).scopes.size(), 2u);
  EXPECT_EQ(tokens->at(0).expires_millis, int64_t{1795737600} * 1000) << "the last day is a whole one";
  EXPECT_EQ(tokens->at(1).expires_millis, std::nullopt);
}

TEST(Tokens, MayAllBeTakenOut) {
  const auto tokens = parse_tokens("version: 1\n", "tokens.yaml");
  ASSERT_TRUE(tokens.ok()) << tokens.status();
  EXPECT_TRUE(tokens->empty());
}

TEST(Tokens, AreRefusedWithTheirPlace) {
  const std::string sum = sha256_hex("secret");
  const std::pair<std::string, const char*> cases[] = {
      {"{name: a, scopes: [read], sha256: abc}", "is no SHA-256"},
      {"{name: a, scopes: [all], sha256: " + sum + "}", "tokens.yaml:3"},
      {"{scopes: [read], sha256: " + sum + "}", "name"},
      {"{name: a, scopes: [read], sha256: " + sum + ", expires: 2026-02-30}", "YYYY-MM-DD"},
      {"{name: a, scopes: [read], sha256: " + sum + ", expires: tomorrow}", "YYYY-MM-DD"},
      {"{name: a, scopes: [read], sha256: " + sum + ", expires: '2026-11-26 '}", "YYYY-MM-DD"},
  };
  for (const auto& [entry, words] : cases) {
    const Status status = parse_tokens("version: 1\ntokens:\n- " + entry + "\n", "tokens.yaml").status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << entry;
    EXPECT_THAT(std::string(status.message()), HasSubstr(words)) << entry;
  }
}

TEST(Security, IsReadFromFilesThatNobodyElseMayRead) {
  const TemporaryFolder folder;
  CoordinatorSettings settings{.certificate = folder.write("server.crt", "certificate"),
                               .key = folder.path() + "/server.key",
                               .client_ca = folder.write("ca.crt", "authority"),
                               .tokens = folder.path() + "/tokens.yaml"};
  ASSERT_TRUE(write_secret_file(settings.key, "key").ok());
  ASSERT_TRUE(write_secret_file(settings.tokens, "version: 1\n").ok());
  const auto security = read_security(settings);
  ASSERT_TRUE(security.ok()) << security.status();
  EXPECT_EQ(security->certificate, "certificate");
  EXPECT_EQ(security->key, "key");
  EXPECT_EQ(security->client_ca, "authority");
  EXPECT_TRUE(security->has_tokens);
  for (const std::string& secret : {settings.key, settings.tokens}) {
    ASSERT_EQ(::chmod(secret.c_str(), 0644), 0);
    EXPECT_THAT(std::string(read_security(settings).status().message()), HasSubstr("chmod 600 " + secret));
    ASSERT_EQ(::chmod(secret.c_str(), 0600), 0);
  }
  settings.key.clear();
  EXPECT_THAT(std::string(read_security(settings).status().message()), HasSubstr("go together"));
  settings.certificate.clear();
  EXPECT_THAT(std::string(read_security(settings).status().message()), HasSubstr("--client-ca needs TLS"));
}

TEST(TokenFile, TellsOfEachTokenThatIsGoodNoMore) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/tokens.yaml";
  FakeClock clock;
  int64_t written = 0;
  const auto write = [&](const std::string& tokens) {
    std::ofstream(path) << "version: 1\ntokens:\n" << tokens;
    ::chmod(path.c_str(), 0600);
    std::filesystem::last_write_time(path, std::filesystem::file_time_type(std::chrono::seconds(++written)));
  };
  const std::string a = "  - {name: a, scopes: [agent], sha256: " + sha256_hex("a") + ", expires: 1970-01-02}\n";
  const std::string b = "  - {name: b, scopes: [read, submit], sha256: " + sha256_hex("b") + "}\n";
  const std::string less = "  - {name: b, scopes: [read], sha256: " + sha256_hex("b") + "}\n";
  write(a + b);
  coordinator::Authorizer authorizer(clock, *read_tokens(path), false);
  int losses = 0;
  TokenFile file(path, *read_tokens(path), authorizer, clock, [&] { ++losses; });
  file.look();
  EXPECT_EQ(losses, 0);
  clock.advance(Duration(48LL * 3600'000));
  file.look();
  file.look();
  EXPECT_EQ(losses, 1) << "a has expired";
  write(b);
  file.look();
  EXPECT_EQ(losses, 1) << "it was no good before";
  write(less);
  file.look();
  EXPECT_EQ(losses, 2) << "b may less than it could";
  write("  - {name: c}\n");
  file.look();
  EXPECT_EQ(losses, 2) << "a file with a mistake changes nothing";
  write(b);
  file.look();
  EXPECT_EQ(losses, 2) << "more than before is no loss";
}

}  // namespace
}  // namespace evensweep

#include "cli/agent_place.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "cli/certificates.h"
#include "common/base/hash.h"
#include "coordinator/rpc/access.h"
#include "tests/unit/dataset/temporary_folder.h"

namespace evensweep {
namespace {

using testing::HasSubstr;
using testing::Pair;
using testing::StartsWith;
using testing::UnorderedElementsAre;

TEST(AgentFolder, IsMadeAndAbsolute) {
  const TemporaryFolder folder;
  EXPECT_EQ(*agent_folder(folder.path() + "/a/../b/c"), folder.path() + "/b/c");
  EXPECT_TRUE(std::filesystem::is_directory(folder.path() + "/b/c"));
}

TEST(AgentName, IsDrawnOnceForAFolder) {
  const TemporaryFolder one, two;
  const AgentId first = agent_id("", one.path(), "").value();
  EXPECT_EQ(agent_id("", one.path(), "").value(), first) << "after a restart it is the same agent";
  EXPECT_NE(agent_id("", two.path(), "").value(), first) << "two agents of one machine differ";
}

TEST(AgentName, MayBeGivenIfItIsOne) {
  const TemporaryFolder folder;
  EXPECT_EQ(agent_id("gpu-1.a_b", folder.path(), "").value().str(), "gpu-1.a_b");
  for (const std::string& bad : {std::string("a b"), std::string("-a"), std::string("../a"), std::string("a/b"),
                                 std::string(65, 'a'), std::string("\xc3\xa4"), std::string("a\n")})
    EXPECT_EQ(agent_id(bad, folder.path(), "").status().code(), absl::StatusCode::kInvalidArgument) << bad;
}

TEST(AgentName, BeginsWithThatOfItsCertificate) {
  const TemporaryFolder folder;
  const Validity validity{.unix_seconds = 1'790'000'000, .days = 1};
  const CertifiedKey authority = make_authority(validity).value();
  const auto named = [&](const CertificateRequest& request) {
    const std::string file = folder.write("agent.crt", issue(authority, request, validity)->certificate);
    return agent_id("", folder.path(), file).value().str();
  };
  const std::string id = named({.name = "lab", .units = {"evensweep-agent"}});
  EXPECT_THAT(id, StartsWith("lab."));
  EXPECT_TRUE(coordinator::may_be_agent("lab", id));
  const std::string long_name(64, 'n');
  const std::string longest = named({.name = long_name, .units = {"evensweep-agent"}});
  EXPECT_LE(longest.size(), 64u);
  EXPECT_TRUE(coordinator::may_be_agent(long_name, longest)) << longest;
}

TEST(AgentFiles, AreKnownByWhatTheyHold) {
  const TemporaryFolder folder;
  const std::string a = folder.write("a.csv", "1,2\n"), b = folder.write("deep/er/b.csv", "3,4\n");
  ASSERT_EQ(::symlink(folder.path().c_str(), (folder.path() + "/loop").c_str()), 0);
  EXPECT_THAT(files_in({folder.path()}).value(),
              UnorderedElementsAre(Pair(sha256_hex("1,2\n"), a), Pair(sha256_hex("3,4\n"), b)));
  const Status status = files_in({folder.path() + "/none"}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("cannot read the data folder"));
}

}  // namespace
}  // namespace evensweep

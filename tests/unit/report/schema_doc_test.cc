// docs/format/results.md must name every member of results.json, and no member that isn't there.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "common/base/file.h"
#include "tests/support/places.h"
#include "tests/unit/report/report_fixture.h"

namespace evensweep {
namespace {

// The keys in the first column of the table under "## `section`".
std::set<std::string> documented(const std::string& text, const std::string& section) {
  const size_t start = text.find("## `" + section + "`\n");
  EXPECT_NE(start, std::string::npos) << "no section for " << section;
  if (start == std::string::npos) return {};
  const std::string body = text.substr(start, text.find("\n## ", start + 1) - start);
  std::set<std::string> keys;
  const std::regex row(R"(\n\| `([a-z_0-9]+)`)");
  for (std::sregex_iterator it(body.begin(), body.end(), row), end; it != end; ++it) keys.insert((*it)[1]);
  return keys;
}

std::set<std::string> keys_of(const Json& object) {
  std::set<std::string> keys;
  for (const auto& [name, value] : object.items()) keys.insert(name);
  return keys;
}

TEST(SchemaDocument, NamesEveryMember) {
  const StatusOr<std::string> text = read_file(source_dir() + "/docs/format/results.md");
  ASSERT_TRUE(text.ok()) << text.status();
  const Json json = json_of(hostile_options());
  EXPECT_EQ(documented(*text, "results.json"), keys_of(json));
  EXPECT_EQ(documented(*text, "analysis"), keys_of(json["analysis"]));
  EXPECT_EQ(documented(*text, "runs"), keys_of(json["runs"][0]));
  EXPECT_EQ(documented(*text, "trials"), keys_of(json["trials"][0]));
  EXPECT_EQ(documented(*text, "arms"), keys_of(json["arms"][0]));
  EXPECT_EQ(documented(*text, "completeness"), keys_of(json["completeness"]));
  EXPECT_EQ(documented(*text, "environment"), keys_of(json["environment"]));
  for (const ReportFile& file : report_files(json)) {
    if (file.path != "provenance.json") continue;
    EXPECT_EQ(documented(*text, "provenance.json"), keys_of(Json::parse(file.content)));
  }
}

TEST(SchemaDocument, SaysTheVersion) {
  const StatusOr<std::string> text = read_file(source_dir() + "/docs/format/results.md");
  ASSERT_TRUE(text.ok());
  EXPECT_THAT(*text, ::testing::HasSubstr("version " + std::to_string(kResultsSchemaVersion)));
}

}  // namespace
}  // namespace evensweep

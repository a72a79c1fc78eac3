#include "coordinator/http/request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace evensweep::coordinator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Percent, DecodesWhatItEncodes) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  EXPECT_EQ(percent_decoded(percent_encoded(all)), all);
  EXPECT_EQ(percent_encoded("a/b c"), "a%2Fb%20c");
  EXPECT_EQ(percent_decoded("a+b"), "a+b");
  EXPECT_EQ(percent_decoded("a+b", true), "a b");
  EXPECT_EQ(percent_decoded("%e2%82%AC"), "€");
}

TEST(Percent, RefusesWhatIsNoEscape) {
  for (const char* bad : {"%", "%4", "a%", "%zz", "%4g", "%%41"}) EXPECT_EQ(percent_decoded(bad), std::nullopt) << bad;
}

TEST(Form, KeepsOrderAndRepeats) {
  const StatusOr<HttpValues> values = parse_form("state=failed&state=ready&&limit=20&empty=&bare&a%3Db=c%26d");
  ASSERT_TRUE(values.ok()) << values.status();
  EXPECT_THAT(values->all("state"), ElementsAre("failed", "ready"));
  EXPECT_EQ(values->text("limit"), "20");
  EXPECT_EQ(values->text("a=b"), "c&d");
  ASSERT_NE(values->find("bare"), nullptr);
  EXPECT_EQ(*values->find("bare"), "");
  EXPECT_EQ(values->find("other"), nullptr);
  EXPECT_EQ(values->list().size(), 6u);
}

TEST(Form, RefusesWithOneLine) {
  for (const char* bad : {"a=%zz", "%=1", "a=%ff", "a=%ed%a0%80"}) {
    const Status status = parse_form(bad).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << bad;
    EXPECT_EQ(status.message().find('\n'), std::string::npos);
  }
  std::string many;
  for (int i = 0; i < 1001; ++i) many += "a=1&";
  EXPECT_THAT(std::string(parse_form(many).status().message()), HasSubstr("1000"));
}

TEST(Values, ReadNumbers) {
  const StatusOr<HttpValues> values = parse_form("a=12&b=&c=-1&d=12x&e=99999999999999999999&f=7");
  ASSERT_TRUE(values.ok());
  EXPECT_EQ(**values->number("a"), 12u);
  EXPECT_EQ(*values->number("b"), std::nullopt);
  EXPECT_EQ(*values->number("z"), std::nullopt);
  EXPECT_THAT(std::string(values->number("f", 6).status().message()), HasSubstr("f is \"7\""));
  for (const char* bad : {"c", "d", "e"}) EXPECT_TRUE(absl::IsInvalidArgument(values->number(bad).status())) << bad;
}

TEST(Status, HasACodeOfHttp) {
  EXPECT_EQ(http_status(absl::OkStatus()), 200);
  EXPECT_EQ(http_status(absl::InvalidArgumentError("")), 400);
  EXPECT_EQ(http_status(absl::UnauthenticatedError("")), 401);
  EXPECT_EQ(http_status(absl::PermissionDeniedError("")), 403);
  EXPECT_EQ(http_status(absl::NotFoundError("")), 404);
  EXPECT_EQ(http_status(absl::FailedPreconditionError("")), 409);
  EXPECT_EQ(http_status(absl::UnavailableError("")), 503);
  EXPECT_EQ(http_status(absl::InternalError("")), 500);
}

}  // namespace
}  // namespace evensweep::coordinator

#include "coordinator/http/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace evensweep::coordinator {
namespace {

using testing::HasSubstr;

Router example() {
  Router router;
  const Handler nothing = [](const HttpRequest&, const Respond&) {};
  router.get("/", Right::kRead, nothing);
  router.get("/sweeps/{sweep}", Right::kRead, nothing);
  router.get("/sweeps/new", Right::kSubmit, nothing);
  router.post("/sweeps/{sweep}/pause", Right::kSubmit, nothing);
  router.get("/trials/{sweep}/{arm}/{seed}", Right::kRead, nothing);
  return router;
}

TEST(Router, FindsByPattern) {
  const Router router = example();
  const auto pattern = [&](std::string_view method, std::string_view path) {
    const Router::Match match = router.find(method, path);
    return match.route == nullptr ? std::to_string(match.status) : match.route->pattern;
  };
  EXPECT_EQ(pattern("GET", "/"), "/");
  EXPECT_EQ(pattern("GET", "/sweeps/a"), "/sweeps/{sweep}");
  EXPECT_EQ(pattern("GET", "/sweeps/new"), "/sweeps/new") << "literal segments come first";
  EXPECT_EQ(pattern("POST", "/sweeps/a/pause"), "/sweeps/{sweep}/pause");
  for (const char* nowhere :
       {"/sweeps", "/sweeps/", "/sweeps/a/", "/sweeps/a/b", "//", "", "/x", "/sweeps/a/pause/", "/trials/a//7"})
    EXPECT_EQ(pattern("GET", nowhere), "404") << nowhere;
}

TEST(Router, DecodesSegmentsAlone) {
  const Router router = example();
  const Router::Match match = router.find("GET", "/trials/digits/tpr%28gamma%3D2%29%2Fx/7");
  ASSERT_NE(match.route, nullptr) << match.refusal;
  EXPECT_EQ(match.values.text("sweep"), "digits");
  EXPECT_EQ(match.values.text("arm"), "tpr(gamma=2)/x") << "an escaped slash separates nothing";
  EXPECT_EQ(match.values.text("seed"), "7");
  for (const char* bad : {"/sweeps/%zz", "/sweeps/%ff", "/sweeps/%"}) EXPECT_EQ(router.find("GET", bad).status, 400);
}

TEST(Router, SaysWhatWouldBeRight) {
  const Router router = example();
  const Router::Match match = router.find("DELETE", "/sweeps/new");
  EXPECT_EQ(match.status, 405);
  EXPECT_EQ(match.allowed, "GET");
  EXPECT_THAT(router.find("GET", "/sweeps/a/pause").refusal, HasSubstr("takes POST, not \"GET\""));
  EXPECT_THAT(router.find("GET", "/no\nsuch").refusal, HasSubstr("\"/no\\x0asuch\""));
}

}  // namespace
}  // namespace evensweep::coordinator

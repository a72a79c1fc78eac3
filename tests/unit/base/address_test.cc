#include "common/base/address.h"

#include <gtest/gtest.h>

namespace evensweep {
namespace {

TEST(Address, ReadsWhatItWrites) {
  for (const char* text : {"127.0.0.1:7077", "localhost:0", "[::1]:65535", "[2001:db8::7]:1",
                           "gpu-head.example.org:7077", "0.0.0.0:7077", "unix:/run/evensweep.sock"}) {
    const StatusOr<Address> address = parse_address(text);
    ASSERT_TRUE(address.ok()) << address.status();
    EXPECT_EQ(address->text(), text);
  }
}

TEST(Address, RefusesAllElse) {
  for (const char* text :
       {"", "host", "host:", ":7077", "host:x", "host:-1", "host:65536", "host:7077 ", "a b:1", "::1:7077", "[::1]",
        "[host]:1", "[127.0.0.1]:1", "http://host:1", "host/x:1", "unix:", "host:99999999999999999999"})
    EXPECT_EQ(parse_address(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
}

TEST(Address, KnowsWhatOnlyThisMachineReaches) {
  for (const char* text : {"127.0.0.1:1", "127.9.9.9:1", "localhost:1", "[::1]:1", "unix:/x"})
    EXPECT_TRUE(parse_address(text)->is_local()) << text;
  for (const char* text : {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "128.0.0.1:1", "127.0.0.1.example.org:1",
                           "localhost.example.org:1", "[::ffff:127.0.0.1]:1", "127.1:1", "head:1"})
    EXPECT_FALSE(parse_address(text)->is_local()) << text;
}

}  // namespace
}  // namespace evensweep

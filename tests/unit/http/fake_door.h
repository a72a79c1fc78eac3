#pragma once
// Knows a token for each right: "read", "submit" and "admin".

#include <string>
#include <vector>

#include "coordinator/http/access.h"

namespace evensweep::coordinator {

class FakeDoor final : public Doorkeeper {
 public:
  explicit FakeDoor(bool open) : open_(open) {}
  bool is_open() const override { return open_; }
  StatusOr<Visitor> identify(const std::optional<std::string>& token, const std::string& certificate) override {
    if (!token && certificate.empty()) {
      if (open_) return Visitor{.name = "this machine", .right = Right::kAdmin};
      return absl::UnauthenticatedError("a token is needed");
    }
    if (!token) return Visitor{.name = "certificate", .right = Right::kSubmit};
    for (const Right right : {Right::kNone, Right::kRead, Right::kSubmit, Right::kAdmin})
      if (*token == right_name(right) && !revoked) return Visitor{.name = "token " + *token, .right = right};
    return absl::UnauthenticatedError("the token is not known here");
  }
  void note_refusal(const std::string& what, const std::string& who, const Status&) override {
    noted.push_back(who + ": " + what);
  }
  uint64_t refusals() const override { return noted.size(); }
  uint64_t failed_handshakes() const override { return 3; }
  bool revoked = false;
  std::vector<std::string> noted;

 private:
  const bool open_;
};

}  // namespace evensweep::coordinator

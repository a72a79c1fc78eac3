#include "cli/web_door.h"

namespace evensweep {

StatusOr<coordinator::Visitor> WebDoor::identify(const std::optional<std::string>& token,
                                                 const std::string& certificate) {
  using coordinator::Right;
  EV_ASSIGN_OR_RETURN(const coordinator::Caller caller, authorizer_.identify(token, certificate));
  coordinator::Visitor visitor{.name = caller.name};
  if (caller.scopes.contains(v1::SCOPE_READ)) visitor.right = Right::kRead;
  if (caller.scopes.contains(v1::SCOPE_SUBMIT)) visitor.right = Right::kSubmit;
  if (caller.scopes.contains(v1::SCOPE_ADMIN)) visitor.right = Right::kAdmin;
  return visitor;
}

}  // namespace evensweep

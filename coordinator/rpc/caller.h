#pragma once
// Who makes a call, from where calls are let through to where they are carried out.

#include <grpcpp/security/auth_context.h>

#include <string>

namespace evensweep::coordinator {

void note_caller(grpc::AuthContext& context, const std::string& name);
// For the audit log: "token NAME", "certificate NAME"; "this machine" where nobody had to say who they are.
std::string caller_name(const grpc::AuthContext* context);

}  // namespace evensweep::coordinator

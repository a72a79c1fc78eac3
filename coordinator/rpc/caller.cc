#include "coordinator/rpc/caller.h"

#include <vector>

namespace evensweep::coordinator {
namespace {

constexpr char kProperty[] = "evensweep_caller";

}  // namespace

void note_caller(grpc::AuthContext& context, const std::string& name) { context.AddProperty(kProperty, name); }

std::string caller_name(const grpc::AuthContext* context) {
  if (context == nullptr) return "this machine";
  const std::vector<grpc::string_ref> found = context->FindPropertyValues(kProperty);
  return found.empty() ? "this machine" : std::string(found.back().data(), found.back().size());
}

}  // namespace evensweep::coordinator

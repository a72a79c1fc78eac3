#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/security/credentials.h>

#include <memory>
#include <string>

namespace evensweep {

// A channel to a coordinator: it tries again within 5 s however long the coordinator was away (gRPC's own default is up
// to 120 s), and pings every 20 s, so that a connection that died without a word is noticed within 30 s. The server
// permits pings every 10 s. `target` is host:port or unix:path.
std::shared_ptr<grpc::Channel> coordinator_channel(const std::string& target,
                                                   const std::shared_ptr<grpc::ChannelCredentials>& credentials);

}  // namespace evensweep

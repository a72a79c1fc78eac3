#pragma once
// The way of every client verb, and of an agent, to a coordinator.

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/base/status.h"

namespace evensweep {

// As the flags gave them; what is empty is looked up by resolve().
struct ConnectionOptions {
  std::string coordinator;  // HOST:PORT or unix:PATH
  std::string ca;           // PEM file with the certificate of the coordinator's CA; without one there is no TLS
  std::string cert, key;    // PEM files with the client's own certificate and its key
  std::string token_file;
};

inline constexpr const char* kDefaultCoordinator = "127.0.0.1:7077";
inline constexpr Duration kCallLimit{30000};

// Adds --coordinator, --ca, --cert, --key and --token-file.
void add_connection_options(CLI::App& verb, ConnectionOptions& options);

// A coordinator that can be called; nothing has been sent yet.
class Connection {
 public:
  Connection(std::string target, std::shared_ptr<grpc::Channel> channel)
      : target_(std::move(target)), channel_(std::move(channel)) {}

  const std::string& target() const { return target_; }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

  // To be called on the context of each call. A stream that may last takes Duration(0), no limit. The token goes with
  // every call by itself.
  void prepare(grpc::ClientContext& context, Duration limit = kCallLimit) const;

  // How a call ended, as one line that says what to do. Unavailable: the coordinator is not reached, or did not answer
  // in time. Unauthenticated: it is, and does not let us do this. All else as the coordinator said it.
  Status outcome(const grpc::Status& status) const;

 private:
  std::string target_;
  std::shared_ptr<grpc::Channel> channel_;
};

// The flags, else $EVENSWEEP_COORDINATOR, _CA, _CERT, _KEY and _TOKEN_FILE, else evensweep/client.yaml in
// $XDG_CONFIG_HOME or ~/.config (docs/format/coordinator.md), else the coordinator of this machine at
// kDefaultCoordinator. If the coordinator's address is from a flag or the environment, no file is read.
StatusOr<ConnectionOptions> resolve(const ConnectionOptions& flags);

// Makes the channel. InvalidArgument where the options do not go together: another machine without --ca, say. Whether
// the coordinator is there shows at the first call.
StatusOr<Connection> connect(const ConnectionOptions& flags);

}  // namespace evensweep

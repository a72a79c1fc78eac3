#pragma once
// The agent's side of the AgentLink stream: connects, and connects again for ever.

#include <grpcpp/channel.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/base/rng.h"
#include "common/model/link.h"

namespace evensweep {

// The wait before connect attempt `failures` + 1 of a row: 200 ms doubling up to 5 s, of which a random half is left
// out, so that a thousand agents do not come back in one moment. `chance` is in [0, 1).
Duration reconnect_delay(uint32_t failures, double chance);

struct LinkCallbacks {
  std::function<void()> on_connected;  // a stream is open as far as we know; the first send has to be the Hello
  std::function<void(CoordinatorMessage)> on_message;
  std::function<void(std::string why)> on_disconnected;
};

// All calls and callbacks are on the thread that runs `context`, but for the constructor and the destructor, which may
// be anywhere while `context` is not running. gRPC's threads only decode and post.
class CoordinatorLink {
 public:
  CoordinatorLink(boost::asio::io_context& context, std::shared_ptr<grpc::Channel> channel, LinkCallbacks callbacks,
                  Rng rng);
  // Cancels the stream and waits until gRPC has let go of it.
  ~CoordinatorLink();

  void start();
  // Queued in order, small updates and credits joined with those before; dropped while there is no stream.
  void send(AgentMessage message);
  // Sends what is queued, ends the stream and calls `done` when the server has closed it, at once when there is none.
  // There is no reconnect and no callback afterwards.
  void close(std::function<void()> done);

 private:
  class Session;

  void connect();
  void session_over(const Session* session, const std::string& why);

  boost::asio::io_context& context_;
  std::shared_ptr<grpc::Channel> channel_;
  LinkCallbacks callbacks_;
  Rng rng_;
  boost::asio::steady_timer retry_;
  std::shared_ptr<Session> session_;
  std::function<void()> closed_;
  bool closing_ = false;
  uint32_t failures_ = 0;  // connects in a row that heard nothing
};

}  // namespace evensweep

#pragma once
// One connection of the HTTP server: reads requests, writes answers and streams of events, within the limits.

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "coordinator/http/front.h"
#include "coordinator/http/mailbox.h"
#include "coordinator/http/server.h"

namespace evensweep::coordinator {

class Connection;

// What the connections of a server share. Of the HTTP thread alone.
struct House {
  House(const HttpLimits& of, std::shared_ptr<Mailbox> mail) : limits(of), mailbox(std::move(mail)) {}

  const HttpLimits limits;
  std::shared_ptr<Mailbox> mailbox;
  std::optional<boost::asio::ssl::context> tls;
  Front* front = nullptr;
  std::set<Connection*> connections;
  std::map<boost::asio::ip::address, size_t> of_peer;
  uint64_t requests = 0;
  size_t streams = 0;
};

class Connection {
 public:
  // `close` breaks off whatever is under way.
  Connection(std::shared_ptr<House> house, boost::asio::ip::address peer, std::function<void()> close);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Whether it has no request under way: it is in its handshake, idle, or sends headers.
  bool is_waiting() const { return waiting_since_.has_value(); }
  std::chrono::steady_clock::time_point waiting_since() const { return *waiting_since_; }
  void wait() { waiting_since_ = std::chrono::steady_clock::now(); }
  void begin_request() { waiting_since_.reset(); }
  void close() { close_(); }

 private:
  std::shared_ptr<House> house_;
  boost::asio::ip::address peer_;
  std::function<void()> close_;
  std::optional<std::chrono::steady_clock::time_point> waiting_since_;
};

// TLS 1.2 and later. InvalidArgument for what is no certificate or key.
StatusOr<boost::asio::ssl::context> tls_context(const TlsFiles& files);

void start_connection(const std::shared_ptr<House>& house, boost::asio::ip::tcp::socket socket,
                      const boost::asio::ip::address& peer);

}  // namespace evensweep::coordinator

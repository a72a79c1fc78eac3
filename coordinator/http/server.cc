#include "coordinator/http/server.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>
#include <utility>

#include "common/base/address.h"
#include "common/base/log.h"
#include "coordinator/http/connection.h"

namespace evensweep::coordinator {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Error = boost::system::error_code;

constexpr std::chrono::milliseconds kAcceptAgain{100};  // after the process ran out of descriptors

StatusOr<tcp::endpoint> endpoint_of(asio::io_context& io, const std::string& text) {
  EV_ASSIGN_OR_RETURN(const Address address, parse_address(text));
  if (!address.path.empty()) return absl::InvalidArgumentError("the dashboard needs HOST:PORT, not " + text);
  Error error;
  tcp::resolver resolver(io);
  const auto found = resolver.resolve(address.host, std::to_string(address.port), tcp::resolver::passive, error);
  if (error || found.empty())
    return absl::UnavailableError("cannot find the address of " + address.host + ": " + error.message());
  return found.begin()->endpoint();
}

Status cannot_listen(const std::string& address, const Error& error) {
  const bool taken = error == asio::error::address_in_use;
  return absl::UnavailableError("cannot listen on " + address + ": " +
                                (taken ? "another program has the port; choose another" : error.message()));
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(asio::io_context& io, tcp::acceptor acceptor, std::shared_ptr<House> house)
      : io_(io), acceptor_(std::move(acceptor)), house_(std::move(house)) {}

  int port() const { return acceptor_.local_endpoint().port(); }
  void serve(Front& front) {
    house_->front = &front;
    asio::co_spawn(io_, accept(), asio::detached);
  }
  Counts counts() const {
    return {.requests = house_->requests,
            .refused_connections = refused_,
            .pushed_out = pushed_out_,
            .connections = house_->connections.size(),
            .streams = house_->streams};
  }

 private:
  asio::awaitable<void> accept() {
    while (true) {
      Error error;
      tcp::socket socket = co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
      if (error == asio::error::operation_aborted) co_return;
      if (!error) {
        take(std::move(socket));
        continue;
      }
      log(LogLevel::kWarning, "http", "cannot take a connection: " + error.message());
      asio::steady_timer pause(io_, kAcceptAgain);
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
    }
  }

  void take(tcp::socket socket) {
    Error error;
    const tcp::endpoint peer = socket.remote_endpoint(error);
    if (error) return;
    const asio::ip::address address = peer.address();
    const auto others = house_->of_peer.find(address);
    const bool crowded =
        !address.is_loopback() && others != house_->of_peer.end() && others->second >= house_->limits.per_peer;
    if (crowded || (house_->connections.size() >= house_->limits.connections && !push_out())) {
      ++refused_;
      return;  // the socket closes
    }
    socket.set_option(tcp::no_delay(true), error);
    // A viewer whose machine has vanished takes nothing and says nothing.
    const auto patience = static_cast<int>(2 * house_->limits.idle.count());
    ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof patience);
    start_connection(house_, std::move(socket), address);
  }

  // Whoever has waited longest without a request makes room, so that slow or silent peers keep nobody out.
  bool push_out() {
    Connection* oldest = nullptr;
    for (Connection* connection : house_->connections)
      if (connection->is_waiting() && (oldest == nullptr || connection->waiting_since() < oldest->waiting_since()))
        oldest = connection;
    if (oldest == nullptr) return false;
    ++pushed_out_;
    oldest->close();
    house_->connections.erase(oldest);  // it counts no more, though its end is still to come
    return true;
  }

  asio::io_context& io_;
  tcp::acceptor acceptor_;
  std::shared_ptr<House> house_;  // connections may outlive this
  uint64_t refused_ = 0, pushed_out_ = 0;
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;
int HttpServer::port() const { return impl_->port(); }
void HttpServer::serve(Front& front) { impl_->serve(front); }
HttpServer::Counts HttpServer::counts() const { return impl_->counts(); }

StatusOr<std::unique_ptr<HttpServer>> HttpServer::listen(asio::io_context& io, const std::string& address,
                                                         const TlsFiles& tls, const HttpLimits& limits) {
  EV_ASSIGN_OR_RETURN(const tcp::endpoint endpoint, endpoint_of(io, address));
  auto house = std::make_shared<House>(limits, std::make_shared<Mailbox>(io));
  if (!tls.certificate.empty()) {
    EV_ASSIGN_OR_RETURN(house->tls, tls_context(tls));
  }
  Error error;
  tcp::acceptor acceptor(io);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return cannot_listen(address, error);
  return std::unique_ptr<HttpServer>(new HttpServer(std::make_unique<Impl>(io, std::move(acceptor), std::move(house))));
}

}  // namespace evensweep::coordinator

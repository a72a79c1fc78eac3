#include "coordinator/http/web.h"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <utility>

#include "coordinator/http/api.h"
#include "coordinator/http/health.h"

namespace evensweep::coordinator {
namespace {

// 256 bits of the kernel's as hexadecimal text.
std::string draw() {
  std::array<unsigned char, 32> bytes{};
  for (size_t size = 0; size < bytes.size();) {
    const ssize_t got = ::getrandom(bytes.data() + size, bytes.size() - size, 0);
    if (got < 0 && errno != EINTR) throw std::runtime_error("the kernel gives no random numbers");
    if (got > 0) size += static_cast<size_t>(got);
  }
  std::string text;
  for (const unsigned char byte : bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

}  // namespace

Web::Web() : work_(boost::asio::make_work_guard(io_)), mailbox_(std::make_shared<Mailbox>(io_)) {}

StatusOr<std::unique_ptr<Web>> Web::start(Control& control, Doorkeeper& door, const Clock& clock, WebOptions options) {
  std::unique_ptr<Web> web(new Web);
  EV_ASSIGN_OR_RETURN(web->server_, HttpServer::listen(web->io_, options.address, options.tls, options.limits));
  web->feeds_ = std::make_unique<Feeds>(web->io_, web->mailbox_, control, draw().substr(0, 12));
  Router router;
  web->add_routes(router, {.control = control, .feeds = *web->feeds_, .mailbox = web->mailbox_, .clock = clock});
  FrontOptions front{
      .tls = !options.tls.certificate.empty(), .port = web->server_->port(), .hosts = std::move(options.hosts)};
  web->front_ = std::make_unique<Front>(std::move(router), door, clock, draw, std::move(front));
  web->server_->serve(*web->front_);
  web->thread_ = std::thread([raw = web.get()] { raw->io_.run(); });
  return web;
}

void Web::add_routes(Router& router, const WebParts& parts) {
  add_health(router, parts.control);
  add_api(router, parts);
}

Web::~Web() {
  mailbox_->close();
  work_.reset();
  io_.stop();
  if (thread_.joinable()) thread_.join();
  feeds_.reset();  // its streams' viewers, which the connections still hold, are told so
}

}  // namespace evensweep::coordinator

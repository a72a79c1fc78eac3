#include "coordinator/http/web.h"

#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
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

Web::Web(Doorkeeper& door, std::string version)
    : work_(boost::asio::make_work_guard(io_)),
      mailbox_(std::make_shared<Mailbox>(io_)),
      door_(door),
      version_(std::move(version)) {}

StatusOr<std::unique_ptr<Web>> Web::start(Control& control, Doorkeeper& door, const Clock& clock, WebOptions options) {
  std::unique_ptr<Web> web(new Web(door, options.version));
  EV_ASSIGN_OR_RETURN(web->server_, HttpServer::listen(web->io_, options.address, options.tls, options.limits));
  web->feeds_ = std::make_unique<Feeds>(web->io_, web->mailbox_, control, draw().substr(0, 12));
  Router router;
  const WebParts parts{.control = control, .feeds = *web->feeds_, .mailbox = web->mailbox_, .clock = clock};
  web->add_routes(router, parts);
  if (options.pages) options.pages(router, parts);
  FrontOptions front{.tls = !options.tls.certificate.empty(),
                     .port = web->server_->port(),
                     .hosts = std::move(options.hosts),
                     .error_page = std::move(options.error_page)};
  web->front_ = std::make_unique<Front>(std::move(router), door, clock, draw, std::move(front));
  web->server_->serve(*web->front_);
  web->thread_ = std::thread([raw = web.get()] { raw->io_.run(); });
  return web;
}

void Web::add_routes(Router& router, const WebParts& parts) {
  add_health(router, parts.control);
  add_api(router, parts);
  add_metrics(router, parts, [this] { return figures(); });
}

ProcessFigures Web::figures() const {
  const HttpServer::Counts counts = server_->counts();
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  uint64_t pages = 0;  // the second number of statm is what is resident
  std::ifstream("/proc/self/statm") >> pages >> pages;
  return {.version = version_,
          .http_requests = counts.requests,
          .http_refused_connections = counts.refused_connections,
          .http_connections = counts.connections,
          .event_viewers = counts.streams,
          .refusals = door_.refusals(),
          .failed_handshakes = door_.failed_handshakes(),
          .cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime),
          .resident_bytes = pages * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE))};
}

Web::~Web() {
  mailbox_->close();
  work_.reset();
  io_.stop();
  if (thread_.joinable()) thread_.join();
  feeds_.reset();  // its streams' viewers, which the connections still hold, are told so
}

}  // namespace evensweep::coordinator

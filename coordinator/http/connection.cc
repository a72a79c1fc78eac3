#include "coordinator/http/connection.h"

#include <openssl/pem.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <string>
#include <utility>

#include "common/base/log.h"

namespace evensweep::coordinator {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using Error = boost::system::error_code;
using Plain = beast::tcp_stream;
using Secure = beast::ssl_stream<beast::tcp_stream>;

constexpr size_t kMostBuffer = 64 << 10;
constexpr size_t kPiece = 64 << 10;        // of an answer, for which a reader has the idle time
constexpr Duration kMostThinking{60'000};  // of a handler
constexpr Duration kFarewell{1'000};
constexpr std::string_view kBeat = ":\n\n";  // a comment of a stream of events

auto with(Error& error) { return asio::redirect_error(asio::use_awaitable, error); }

template <typename Stream>
void expire(Stream& stream, Duration after) {
  beast::get_lowest_layer(stream).expires_after(after);
}

// Writes all of it; a reader that takes nothing for the idle time loses the connection.
template <typename Stream>
asio::awaitable<bool> write(Stream& stream, const House& house, std::string_view text) {
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, kPiece);
    text.remove_prefix(piece.size());
    expire(stream, house.limits.idle);
    Error error;
    co_await asio::async_write(stream, asio::buffer(piece), with(error));
    if (error) co_return false;
  }
  co_return true;
}

std::string header_text(const HttpResponse& response, bool keep, bool stream) {
  const auto reason = http::obsolete_reason(static_cast<http::status>(response.status));
  std::string text = "HTTP/1.1 " + std::to_string(response.status) + " " + std::string(reason) + "\r\n";
  const auto add = [&](std::string_view name, std::string_view value) {
    text.append(name).append(": ");
    for (const char c : value)
      if (static_cast<unsigned char>(c) >= ' ') text += c;  // nobody writes a header of his own
    text += "\r\n";
  };
  add("Content-Type", stream ? "text/event-stream" : response.type);
  add("Cache-Control", response.cache_control);
  for (const auto& [name, value] : response.headers) add(name, value);
  if (!stream) add("Content-Length", std::to_string(response.body.size()));
  add("Connection", keep ? "keep-alive" : "close");
  return text + "\r\n";
}

std::optional<std::string> header(const http::request<http::string_body>& request, std::string_view name) {
  const auto found = request.find(beast::string_view(name.data(), name.size()));
  if (found == request.end()) return std::nullopt;
  return std::string(found->value());
}

RawRequest raw_of(http::request<http::string_body>& request, const std::string& certificate) {
  RawRequest raw{.method = std::string(request.method_string()), .target = std::string(request.target())};
  raw.from = {.host = header(request, "Host"),
              .origin = header(request, "Origin"),
              .fetch_site = header(request, "Sec-Fetch-Site"),
              .authorization = header(request, "Authorization"),
              .cookie = header(request, "Cookie")};
  raw.content_type = header(request, "Content-Type").value_or("");
  raw.accept = header(request, "Accept").value_or("");
  raw.last_event_id = header(request, "Last-Event-ID").value_or("");
  raw.idempotency_key = header(request, "Idempotency-Key").value_or("");
  raw.body = std::move(request.body());
  raw.certificate = certificate;
  return raw;
}

// What is wrong with a request that could not be read, and its status; 0: nothing that the peer could be told.
std::pair<int, const char*> fault_of(const Error& error) {
  static const auto& kCategory = http::make_error_code(http::error::bad_value).category();
  if (error == http::error::header_limit) return {431, "the headers are larger than this server takes"};
  if (error == http::error::body_limit) return {413, "the body is larger than this server takes"};
  if (error == http::error::end_of_stream || error == http::error::partial_message) return {0, ""};
  if (error.category() == kCategory) return {400, "this is no HTTP/1.1 request as this server reads them"};
  return {0, ""};
}

// Answers by the front. Handlers may take their time and answer from any thread.
asio::awaitable<HttpResponse> answer(const std::shared_ptr<House>& house, RawRequest raw) {
  struct Waiting {
    explicit Waiting(const asio::any_io_executor& executor) : timer(executor, kMostThinking) {}
    asio::steady_timer timer;
    std::optional<HttpResponse> response;
  };
  const auto waiting = std::make_shared<Waiting>(co_await asio::this_coro::executor);
  house->front->serve(std::move(raw),
                      [mailbox = house->mailbox, weak = std::weak_ptr<Waiting>(waiting)](HttpResponse response) {
                        mailbox->post([weak, response = std::move(response)]() mutable {
                          const std::shared_ptr<Waiting> there = weak.lock();
                          if (!there) return;
                          there->response = std::move(response);
                          there->timer.cancel();
                        });
                      });
  Error error;
  if (!waiting->response) co_await waiting->timer.async_wait(with(error));
  if (waiting->response) co_return std::move(*waiting->response);
  co_return house->front->refusal(503, "the coordinator did not answer in time; ask again");
}

// Until the viewer goes, or takes nothing any more.
template <typename Stream>
asio::awaitable<void> tell_events(const std::shared_ptr<House>& house, Stream& stream, HttpResponse response,
                                  bool head) {
  struct Count {
    explicit Count(House& of) : house(of) { ++house.streams; }
    ~Count() { --house.streams; }
    House& house;
  } const count(*house);
  if (!co_await write(stream, *house, header_text(response, false, true)) || head) co_return;
  const std::shared_ptr<EventStream> events = response.events();
  asio::steady_timer news(co_await asio::this_coro::executor);
  events->on_news = [&news] { news.cancel(); };
  while (true) {
    if (const std::shared_ptr<const std::string> text = events->next()) {
      if (!co_await write(stream, *house, *text)) break;
      continue;
    }
    if (events->is_over()) break;
    Error woken;
    news.expires_after(house->limits.heartbeat);
    co_await news.async_wait(with(woken));
    if (!woken && !co_await write(stream, *house, kBeat)) break;
  }
  events->on_news = [] {};
}

// What a peer still sends is read for a moment, else its answer would be lost with the connection.
template <typename Stream>
asio::awaitable<void> refuse(const std::shared_ptr<House>& house, Stream& stream, int status, const char* why) {
  const HttpResponse response = house->front->refusal(status, why);
  if (!co_await write(stream, *house, header_text(response, false, false) + response.body)) co_return;
  Error error;
  beast::get_lowest_layer(stream).socket().shutdown(tcp::socket::shutdown_send, error);
  expire(stream, kFarewell);
  std::string sink(kMostBuffer, '\0');
  while (!error) co_await beast::get_lowest_layer(stream).async_read_some(asio::buffer(sink), with(error));
}

// One request and its answer; whether another one may follow.
template <typename Stream>
asio::awaitable<bool> converse(const std::shared_ptr<House>& house, Stream& stream, Connection& here,
                               beast::flat_buffer& buffer, const std::string& certificate) {
  http::request_parser<http::string_body> parser;
  parser.header_limit(house->limits.header_bytes);
  parser.body_limit(house->limits.body_bytes);
  Error error;
  expire(stream, house->limits.to_headers);
  co_await http::async_read_header(stream, buffer, parser, with(error));
  here.begin_request();
  // Bodies have a length: there is one way to say where a request ends, and nobody can hide a second one in it.
  const bool many_hosts = !error && parser.get().count(http::field::host) > 1;
  const bool chunked = !error && parser.get().find(http::field::transfer_encoding) != parser.get().end();
  if (!error && !chunked && !many_hosts) {
    expire(stream, house->limits.idle);
    co_await http::async_read(stream, buffer, parser, with(error));
  }
  if (chunked) {
    co_await refuse(house, stream, 411, "a body needs a Content-Length and no Transfer-Encoding");
    co_return false;
  }
  if (many_hosts) {
    co_await refuse(house, stream, 400, "a request has one Host");
    co_return false;
  }
  if (error) {
    const std::pair<int, const char*> fault = fault_of(error);
    if (fault.first != 0) co_await refuse(house, stream, fault.first, fault.second);
    co_return false;
  }
  ++house->requests;
  const bool head = parser.get().method() == http::verb::head;
  const bool keep = parser.get().keep_alive() && parser.get().version() == 11;
  HttpResponse response = co_await answer(house, raw_of(parser.get(), certificate));
  if (response.events && house->streams >= house->limits.streams)
    response = house->front->refusal(503, "too many look already; ask for the page itself now and then");
  if (response.events) {
    co_await tell_events(house, stream, std::move(response), head);
    co_return false;
  }
  std::string text = header_text(response, keep, false);
  if (!head) text += response.body;
  co_return co_await write(stream, *house, text) && keep;
}

template <typename Stream>
asio::awaitable<void> converse_on(const std::shared_ptr<House>& house, Stream& stream, Connection& here,
                                  const std::string& certificate) {
  beast::flat_buffer buffer(kMostBuffer);
  while (co_await converse(house, stream, here, buffer, certificate)) {
    here.wait();
    if (buffer.size() > 0) continue;
    expire(stream, house->limits.idle);
    Error error;
    const size_t size = co_await stream.async_read_some(buffer.prepare(4096), with(error));
    if (error) break;
    buffer.commit(size);
  }
}

std::string certificate_of(SSL* ssl) {
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(SSL_get_peer_certificate(ssl), &X509_free);
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), &BIO_free);
  if (!certificate || !bio || PEM_write_bio_X509(bio.get(), certificate.get()) != 1) return "";
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<size_t>(size)};
}

asio::awaitable<void> serve_plain(std::shared_ptr<House> house, tcp::socket socket, asio::ip::address peer) {
  Plain stream(std::move(socket));
  Connection here(house, std::move(peer), [&stream] { stream.close(); });
  co_await converse_on(house, stream, here, "");
  Error error;
  stream.socket().shutdown(tcp::socket::shutdown_send, error);
}

asio::awaitable<void> serve_secure(std::shared_ptr<House> house, tcp::socket socket, asio::ip::address peer) {
  Secure stream(std::move(socket), *house->tls);
  Connection here(house, std::move(peer), [&stream] { beast::get_lowest_layer(stream).close(); });
  Error error;
  expire(stream, house->limits.to_headers);
  co_await stream.async_handshake(asio::ssl::stream_base::server, with(error));
  if (error) co_return;
  co_await converse_on(house, stream, here, certificate_of(stream.native_handle()));
  expire(stream, kFarewell);
  co_await stream.async_shutdown(with(error));
}

}  // namespace

Connection::Connection(std::shared_ptr<House> house, boost::asio::ip::address peer, std::function<void()> close)
    : house_(std::move(house)), peer_(std::move(peer)), close_(std::move(close)) {
  house_->connections.insert(this);
  ++house_->of_peer[peer_];
  wait();
}

Connection::~Connection() {
  house_->connections.erase(this);
  if (--house_->of_peer[peer_] == 0) house_->of_peer.erase(peer_);
}

StatusOr<asio::ssl::context> tls_context(const TlsFiles& files) {
  asio::ssl::context context(asio::ssl::context::tls_server);
  Error error;
  context.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                          asio::ssl::context::no_tlsv1_1 | asio::ssl::context::no_sslv2 | asio::ssl::context::no_sslv3,
                      error);
  const auto buffer = [](const std::string& text) { return asio::buffer(text); };
  if (!error) context.use_certificate_chain(buffer(files.certificate), error);
  if (!error) context.use_private_key(buffer(files.key), asio::ssl::context::pem, error);
  if (!error && !files.client_ca.empty()) {
    context.add_certificate_authority(buffer(files.client_ca), error);
    const int needed = files.client_certificate_required ? asio::ssl::verify_fail_if_no_peer_cert : 0;
    if (!error) context.set_verify_mode(asio::ssl::verify_peer | needed, error);
  }
  if (error)
    return absl::InvalidArgumentError("the TLS certificate, key or client CA cannot be used: " + error.message());
  return context;
}

void start_connection(const std::shared_ptr<House>& house, tcp::socket socket, const asio::ip::address& peer) {
  const asio::any_io_executor executor = socket.get_executor();
  if (house->tls)
    asio::co_spawn(executor, serve_secure(house, std::move(socket), peer), asio::detached);
  else
    asio::co_spawn(executor, serve_plain(house, std::move(socket), peer), asio::detached);
}

}  // namespace evensweep::coordinator

// A real server and peers that behave as they like.

#include "coordinator/http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <deque>
#include <future>
#include <thread>

#include "coordinator/http/mailbox.h"
#include "tests/unit/http/fake_door.h"
#include "tests/unit/http/raw_client.h"

namespace evensweep::coordinator {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

// Tells what it was given, until it is told to close.
class Script final : public EventStream {
 public:
  std::shared_ptr<const std::string> next() override {
    if (parts.empty()) return nullptr;
    auto part = std::make_shared<const std::string>(parts.front());
    parts.pop_front();
    return part;
  }
  bool is_over() const override { return over; }
  std::deque<std::string> parts;
  bool over = false;
};

class ServerTest : public testing::Test {
 protected:
  void start(HttpLimits limits = {}) {
    StatusOr<std::unique_ptr<HttpServer>> server = HttpServer::listen(io_, "127.0.0.1:0", {}, limits);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    Router router;
    router.get("/hello", Right::kNone,
               [](const HttpRequest&, const Respond& respond) { respond({.type = "text/plain", .body = "hello"}); });
    router.get("/big", Right::kNone, [](const HttpRequest&, const Respond& respond) {
      respond({.type = "text/plain", .body = std::string(300'000, 'x')});
    });
    router.get("/later", Right::kNone, [this](const HttpRequest&, const Respond& respond) {
      later_ = std::thread([respond] { respond({.type = "text/plain", .body = "from another thread"}); });
    });
    router.post("/echo", Right::kNone, [](const HttpRequest& request, const Respond& respond) {
      respond({.type = "text/plain", .body = std::to_string(request.body.size()) + request.body.substr(0, 10)});
    });
    router.get("/events", Right::kNone, [this](const HttpRequest&, const Respond& respond) {
      respond({.events = [this] { return script_ = std::make_shared<Script>(); }});
    });
    front_ = std::make_unique<Front>(
        std::move(router), door_, clock_, [] { return std::string(64, '1'); }, FrontOptions{.port = server_->port()});
    server_->serve(*front_);
    thread_ = std::thread([this] { io_.run(); });
  }
  ~ServerTest() override {
    work_.reset();
    io_.stop();
    if (thread_.joinable()) thread_.join();
    if (later_.joinable()) later_.join();
  }
  // On the server's thread.
  template <typename Work>
  auto ask(Work work) {
    std::promise<decltype(work())> promise;
    boost::asio::post(io_, [&] { promise.set_value(work()); });
    return promise.get_future().get();
  }
  void await(const std::function<bool(const HttpServer::Counts&)>& reached) {
    while (!reached(ask([this] { return server_->counts(); }))) std::this_thread::yield();
  }
  std::string talk(const std::string& text) {
    RawClient client(server_->port());
    client.send(text);
    return client.read_all();
  }
  static std::string get(const std::string& path, const std::string& more = "Connection: close\r\n") {
    return "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + more + "\r\n";
  }
  static std::string post(const std::string& headers, const std::string& body) {
    return "POST /echo HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n" + headers + "\r\n" + body;
  }

  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_ = boost::asio::make_work_guard(io_);
  FakeDoor door_{true};
  FakeClock clock_;
  std::unique_ptr<HttpServer> server_;
  std::unique_ptr<Front> front_;
  std::shared_ptr<Script> script_;
  std::thread thread_, later_;
};

TEST_F(ServerTest, AnswersRequestsOfOneConnection) {
  start();
  RawClient client(server_->port());
  client.send(get("/hello", ""));
  EXPECT_THAT(client.read_answer(), AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("Content-Length: 5\r\n"),
                                          HasSubstr("Connection: keep-alive\r\n"), testing::EndsWith("\r\n\r\nhello")));
  client.send(get("/later", "") + get("/hello", ""));  // both at once
  EXPECT_THAT(client.read_answer(), HasSubstr("from another thread"));
  EXPECT_THAT(client.read_answer(), HasSubstr("hello"));
  client.send("HEAD /hello HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" + get("/nowhere", "Connection: close\r\n"));
  client.read_all();
  EXPECT_THAT(client.text(), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(client.text(), HasSubstr("Content-Length: 5\r\n"));
  EXPECT_THAT(client.text(), HasSubstr("\r\n\r\nHTTP/1.1 404 Not Found\r\n")) << "no body after the first";
}

TEST_F(ServerTest, SendsLargeAnswersWhole) {
  start();
  const std::string answer = talk(get("/big"));
  EXPECT_EQ(answer.size() - answer.find("\r\n\r\n") - 4, 300'000u);
}

TEST_F(ServerTest, TakesBodiesWithALength) {
  start();
  EXPECT_THAT(talk(post("Content-Length: 3\r\n", "abc")), HasSubstr("\r\n\r\n3abc"));
  const std::string large(1 << 20, 'y');
  EXPECT_THAT(talk(post("Content-Length: " + std::to_string(large.size()) + "\r\n", large)), HasSubstr("1048576yyy"));
}

TEST_F(ServerTest, RefusesWhatIsAmbiguousOrTooLarge) {
  start();
  const auto status = [&](const std::string& request) { return talk(request).substr(0, 12); };
  EXPECT_EQ(status(post("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "0\r\n\r\n")), "HTTP/1.1 400");
  EXPECT_EQ(status(post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")), "HTTP/1.1 400");
  EXPECT_EQ(status(post("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n")), "HTTP/1.1 411");
  EXPECT_EQ(status(post("Content-Length: 3\r\nContent-Length: 4\r\n", "abcd")), "HTTP/1.1 400");
  EXPECT_EQ(status(post("Content-Length: -1\r\n", "")), "HTTP/1.1 400");
  EXPECT_EQ(status(post("Content-Length: 1048577\r\n", "")), "HTTP/1.1 413");
  EXPECT_EQ(status("GET /hello HTTP/1.1\nHost: 127.0.0.1\n\n"), "HTTP/1.1 400") << "bare line feeds";
  EXPECT_EQ(status("GET /hello HTTP/1.1\r\nHost: 127.0.0.1\nX: y\r\n\r\n"), "HTTP/1.1 400");
  EXPECT_EQ(status("GET /hello HTTP/1.1\r\nHost : 127.0.0.1\r\n\r\n"), "HTTP/1.1 400");
  EXPECT_EQ(status("hello\r\n\r\n"), "HTTP/1.1 400");
  EXPECT_EQ(status("GET /hello HTTP/1.1\r\nConnection: close\r\n\r\n"), "HTTP/1.1 400") << "no Host";
  EXPECT_EQ(status(get("/hello", "Host: evil.example\r\n")), "HTTP/1.1 400") << "two of them";
  EXPECT_EQ(status(get("/hello", "X: " + std::string(9000, 'x') + "\r\n")), "HTTP/1.1 431");
  EXPECT_EQ(status(get("/" + std::string(9000, 'x'))), "HTTP/1.1 431");
  EXPECT_EQ(status(std::string("\x16\x03\x01\x02\x00\x01\x00\x01", 8) + "\r\n\r\n"), "HTTP/1.1 400") << "TLS here";
  EXPECT_EQ(status(get("/hello")), "HTTP/1.1 200") << "and it serves on";
}

TEST_F(ServerTest, GivesUpOnPeersThatSendNothingWhole) {
  start({.to_headers = Duration(30), .idle = Duration(30)});
  EXPECT_THAT(talk(""), IsEmpty());
  EXPECT_THAT(talk("GET /hello HT"), IsEmpty());
  EXPECT_THAT(talk("POST /echo HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\nabc"), IsEmpty());
  RawClient client(server_->port());
  client.send(get("/hello", ""));
  EXPECT_THAT(client.read_answer(), HasSubstr("hello"));
  EXPECT_THAT(client.read_all(), IsEmpty()) << "an idle connection ends";
  await([](const HttpServer::Counts& counts) { return counts.connections == 0; });
}

TEST_F(ServerTest, SlowPeersKeepNobodyOut) {
  start({.connections = 64});
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 500; ++i) {
    slow.push_back(std::make_unique<RawClient>(server_->port()));
    slow.back()->send("GET /hello HTTP/1.1\r\nX: ");
    if (i % 100 != 99) continue;
    EXPECT_THAT(talk(get("/hello")), HasSubstr("200 OK")) << i;
  }
  const HttpServer::Counts counts = ask([this] { return server_->counts(); });
  EXPECT_LE(counts.connections, 64u);
  EXPECT_GE(counts.pushed_out, 400u);
  EXPECT_EQ(counts.refused_connections, 0u);
  EXPECT_EQ(counts.requests, 5u);
}

TEST_F(ServerTest, ConnectionsThatAreServedAreNotPushedOut) {
  start({.connections = 2});
  RawClient first(server_->port()), second(server_->port());
  for (RawClient* client : {&first, &second}) {
    client->send(get("/events"));
    ASSERT_TRUE(client->read_until("\r\n\r\n"));
  }
  EXPECT_THAT(talk(get("/hello")), IsEmpty());
  EXPECT_EQ(ask([this] { return server_->counts(); }).refused_connections, 1u);
}

TEST_F(ServerTest, ViewersLeaveRoomForRequests) {
  start({.connections = 3, .streams = 2});
  RawClient first(server_->port()), second(server_->port());
  for (RawClient* client : {&first, &second}) {
    client->send(get("/events"));
    ASSERT_TRUE(client->read_until("text/event-stream"));
  }
  EXPECT_THAT(talk(get("/events")), HasSubstr("503 Service Unavailable"));
  EXPECT_THAT(talk(get("/hello")), HasSubstr("200 OK"));
}

TEST_F(ServerTest, StreamsEventsAsTheyCome) {
  start({.heartbeat = Duration(20)});
  RawClient client(server_->port());
  client.send(get("/events"));
  ASSERT_TRUE(client.read_until("\r\n\r\n"));
  EXPECT_THAT(client.text(), AllOf(HasSubstr("Content-Type: text/event-stream\r\n"), HasSubstr("Connection: close")));
  const auto tell = [&](const std::string& part, bool over) {
    ask([&] {
      script_->parts.push_back(part);
      script_->over = over;
      script_->on_news();
      return 0;
    });
  };
  await([](const HttpServer::Counts& counts) { return counts.streams == 1; });
  tell("id: 1\ndata: a\n\n", false);
  EXPECT_TRUE(client.read_until("data: a\n\n"));
  EXPECT_TRUE(client.read_until(":\n\n")) << "a heartbeat where nothing comes";
  tell("id: 2\ndata: b\n\n", true);
  client.read_all();
  EXPECT_THAT(client.text(), testing::EndsWith("data: b\n\n"));
  await([](const HttpServer::Counts& counts) { return counts.streams == 0 && counts.connections == 0; });
}

TEST_F(ServerTest, ForgetsViewersThatHaveGone) {
  start({.heartbeat = Duration(10)});
  {
    RawClient client(server_->port());
    client.send(get("/events"));
    ASSERT_TRUE(client.read_until("\r\n\r\n"));
  }
  await([](const HttpServer::Counts& counts) { return counts.connections == 0; });
}

TEST_F(ServerTest, EndsWithRequestsUnderWay) {
  start();
  RawClient stream(server_->port()), half(server_->port());
  stream.send(get("/events"));
  ASSERT_TRUE(stream.read_until("\r\n\r\n"));
  half.send("GET /hel");
}

TEST(Listen, SaysWhatIsWrong) {
  boost::asio::io_context io;
  const auto message = [&](const std::string& address, const TlsFiles& tls = {}) {
    return std::string(HttpServer::listen(io, address, tls, {}).status().message());
  };
  const auto first = HttpServer::listen(io, "127.0.0.1:0", {}, {});
  ASSERT_TRUE(first.ok());
  EXPECT_THAT(message("127.0.0.1:" + std::to_string((*first)->port())), HasSubstr("another program has the port"));
  EXPECT_THAT(message("nonsense"), HasSubstr("is no address"));
  EXPECT_THAT(message("unix:/x"), HasSubstr("HOST:PORT"));
  EXPECT_THAT(message("127.0.0.1:0", {.certificate = "x", .key = "y"}), HasSubstr("certificate"));
}

}  // namespace
}  // namespace evensweep::coordinator

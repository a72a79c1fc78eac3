#pragma once
// A socket of a peer that may behave as it likes.

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "common/base/descriptor.h"

namespace evensweep::coordinator {

class RawClient {
 public:
  explicit RawClient(int port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  bool connected() const { return connected_; }
  void send(std::string_view text) { (void)::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL); }
  void finish() { ::shutdown(socket_.get(), SHUT_WR); }

  // Up to the end of `mark`, or all until the other side closes; what came is in text().
  bool read_until(std::string_view mark) {
    while (text_.find(mark) == std::string::npos)
      if (!read_some()) return false;
    return true;
  }
  std::string read_all() {
    while (read_some()) {
    }
    return text_;
  }
  // One answer with a Content-Length.
  std::string read_answer() {
    if (!read_until("\r\n\r\n")) return std::exchange(text_, "");
    const size_t header = text_.find("\r\n\r\n") + 4, length = text_.find("Content-Length: ");
    const size_t size = header + (length < header ? std::stoul(text_.substr(length + 16)) : 0);
    while (text_.size() < size && read_some()) {
    }
    std::string answer = text_.substr(0, size);
    text_.erase(0, size);
    return answer;
  }
  std::string& text() { return text_; }

 private:
  bool read_some() {
    pollfd waiting{.fd = socket_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, 30'000) <= 0) return false;
    char buffer[16384];
    const ssize_t size = ::recv(socket_.get(), buffer, sizeof buffer, 0);
    if (size <= 0) return false;
    text_.append(buffer, static_cast<size_t>(size));
    return true;
  }

  Descriptor socket_;
  bool connected_ = false;
  std::string text_;
};

}  // namespace evensweep::coordinator

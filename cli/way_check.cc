#include "cli/way_check.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "cli/client.h"
#include "cli/places.h"
#include "cli/verb.h"
#include "common/base/address.h"

namespace evensweep {
namespace {

constexpr int kConnectPatience = 3'000;  // milliseconds for each address
constexpr Duration kCallPatience{5'000};
constexpr int64_t kLargestOffset = 10'000;    // milliseconds between clocks that nobody need care about
constexpr int64_t kLongestSilence = 120'000;  // of an agent that is connected

using Socket = std::unique_ptr<int, void (*)(int*)>;

struct Target {
  std::string text;
  sockaddr_storage address{};
  socklen_t size = 0;
};

std::string number_of(const addrinfo& info) {
  char host[NI_MAXHOST], port[NI_MAXSERV];
  if (::getnameinfo(info.ai_addr, info.ai_addrlen, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    return "an address";
  return info.ai_family == AF_INET6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

StatusOr<std::vector<Target>> targets_of(const Address& address) {
  std::vector<Target> targets;
  if (!address.path.empty()) {
    Target target{.text = address.text(), .size = sizeof(sockaddr_un)};
    auto* local = reinterpret_cast<sockaddr_un*>(&target.address);
    local->sun_family = AF_UNIX;
    if (address.path.size() >= sizeof local->sun_path)
      return absl::InvalidArgumentError(address.path + " is too long a path for a socket; take a shorter one");
    std::memcpy(local->sun_path, address.path.c_str(), address.path.size() + 1);
    targets.push_back(target);
    return targets;
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (error != 0)
    return absl::NotFoundError(
        fmt::format("the name {} is not known on this machine ({}); give the coordinator's IP address with "
                    "--coordinator, or have the name entered",
                    address.host, ::gai_strerror(error)));
  for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
    Target target{.text = number_of(*info), .size = info->ai_addrlen};
    std::memcpy(&target.address, info->ai_addr, info->ai_addrlen);
    targets.push_back(target);
  }
  ::freeaddrinfo(found);
  return targets;
}

// 0, or the errno of a connection that was not made.
int connect_error(const Target& target) {
  int file = ::socket(target.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (file < 0) return errno;
  const Socket closing(&file, [](int* open) { ::close(*open); });
  if (::connect(file, reinterpret_cast<const sockaddr*>(&target.address), target.size) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  pollfd ready{.fd = file, .events = POLLOUT, .revents = 0};
  if (::poll(&ready, 1, kConnectPatience) <= 0) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(file, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

// True if at least one address takes a connection; then the others are no more than warnings.
bool check_addresses(const std::vector<Target>& targets, std::vector<Finding>& findings) {
  std::vector<int> errors;
  for (const Target& target : targets) errors.push_back(connect_error(target));
  const bool any = std::ranges::count(errors, 0) > 0;
  for (size_t i = 0; i < targets.size(); ++i) {
    if (errors[i] == 0)
      findings.push_back({.check = "address", .text = targets[i].text + " takes connections"});
    else
      findings.push_back({.check = "address",
                          .health = any ? Health::kWarning : Health::kFailure,
                          .text = fmt::format("{}: {}; {}", targets[i].text, std::strerror(errors[i]),
                                              connect_advice(errors[i], targets[i].text))});
  }
  return any;
}

std::string call_advice(const Status& status, const ConnectionOptions& options) {
  if (absl::IsUnauthenticated(status)) return "";
  return options.ca.empty() ? "; if it expects TLS, give --ca FILE, and --cert and --key where it asks for them"
                            : "; --ca has to be its own authority, and its certificate made for this name "
                              "(evensweep certs server DIR --host NAME)";
}

void check_call(const ConnectionOptions& options, std::vector<Finding>& findings) {
  StatusOr<Client> client = Client::connect(options, Duration(0), kCallPatience);
  const StatusOr<std::vector<AgentView>> agents =
      client.ok() ? client->agents() : StatusOr<std::vector<AgentView>>(client.status());
  if (!agents.ok()) {
    findings.push_back({.check = "call",
                        .health = Health::kFailure,
                        .text = std::string(agents.status().message()) + call_advice(agents.status(), options)});
    return;
  }
  const auto connected = std::ranges::count(*agents, true, &AgentView::connected);
  findings.push_back({.check = "call",
                      .text = fmt::format("the coordinator answers{}; {} agents are connected to it",
                                          options.ca.empty() ? "" : " through TLS", connected)});
  int64_t heard = 0;
  for (const AgentView& agent : *agents)
    if (agent.connected) heard = std::max(heard, agent.last_heard);
  if (connected > 0) findings.push_back(clock_finding(heard, wall_clock()));
}

}  // namespace

bool names_coordinator(const ConnectionOptions& flags) {
  const StatusOr<ConnectionOptions> options = resolve(flags);
  return !options.ok() || options->coordinator != kDefaultCoordinator || !flags.coordinator.empty();
}

std::vector<Finding> check_way(const ConnectionOptions& flags) {
  std::vector<Finding> findings;
  const auto failed = [&](const Status& status) {
    findings.push_back({.check = "address", .health = Health::kFailure, .text = std::string(status.message())});
  };
  const StatusOr<ConnectionOptions> options = resolve(flags);
  if (!options.ok()) {
    failed(options.status());
    return findings;
  }
  const StatusOr<Address> address = parse_address(options->coordinator);
  const StatusOr<std::vector<Target>> targets = address.ok() ? targets_of(*address) : address.status();
  if (!targets.ok()) {
    failed(targets.status());
    return findings;
  }
  if (check_addresses(*targets, findings)) check_call(*options, findings);
  return findings;
}

std::string connect_advice(int error, const std::string& where) {
  switch (error) {
    case ECONNREFUSED:
      return "nothing listens there: start evensweep coordinator with a --listen that this machine reaches (127.0.0.1 "
             "is reached from its own machine alone)";
    case ETIMEDOUT:
      return "a firewall, or no way there: try another address of it, or a tunnel through a machine that reaches it: "
             "ssh -N -L 7077:" +
             where + " LOGIN-NODE, and --coordinator 127.0.0.1:7077";
    case ENETUNREACH:
    case EHOSTUNREACH:
      return "this machine has no way there: try another address of it, or a tunnel: ssh -N -L 7077:" + where +
             " LOGIN-NODE, and --coordinator 127.0.0.1:7077";
    case ENOENT: return "no coordinator listens there: start evensweep coordinator --listen " + where;
    case EACCES: return "ask for the right to use it";
    default: return "is the coordinator running there?";
  }
}

Finding clock_finding(int64_t heard, int64_t now) {
  // What a coordinator heard lies in the past, by the pause between an agent's signs of life at most.
  if (heard - now > kLargestOffset)
    return {.check = "clocks",
            .health = Health::kWarning,
            .text = fmt::format("this machine's clock is at least {} s behind the coordinator's; let both follow NTP",
                                (heard - now) / 1000)};
  if (now - heard > kLongestSilence)
    return {.check = "clocks",
            .health = Health::kWarning,
            .text = fmt::format("this machine's clock seems to be {} s before the coordinator's; let both follow NTP",
                                (now - heard) / 1000)};
  return {.check = "clocks", .text = "this machine's clock and the coordinator's agree"};
}

}  // namespace evensweep

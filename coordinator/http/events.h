#pragma once
// Server-sent events: what changes is told to all who look at it, built once however many they are.
//
// Each topic has a newest state and nothing else: a viewer that reads slowly misses what lay between, never the end. A
// sweep's topic is built anew after its changes; a topic without a sweep is looked at once a second while anybody views
// it. The more viewers, and the more they are told, the longer the pause between two states: a crowd costs no more
// than a few.

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "coordinator/host/control.h"
#include "coordinator/http/mailbox.h"
#include "coordinator/http/request.h"

namespace evensweep::coordinator {

struct Topic {
  std::string key;               // the same for the same content
  std::optional<SweepId> sweep;  // whose changes it follows
  // Makes the state: fields of an event as event_text() writes them, without an id. `done` from any thread, once.
  std::function<void(std::function<void(StatusOr<std::string>)> done)> build;
};

// "event: NAME" and the lines of `data` as fields of an event.
std::string event_text(std::string_view name, std::string_view data);

struct FeedPace {
  Duration fastest{250};          // between two states of a topic
  Duration per_viewer{3};         // more than that for each viewer
  uint64_t most_bytes = 8 << 20;  // a second that all viewers of a topic are told
  Duration look_again{1000};      // of topics without a sweep, and of sweeps that nothing comes from
};

// How long to wait after a state of so many bytes was told to so many viewers.
Duration pause_after(const FeedPace& pace, size_t viewers, size_t bytes);

// Lives on the thread of `io`, as do the streams it gives out.
class Feeds {
 public:
  // `process` differs from that of any other process. `io` and `control` must live longer.
  Feeds(boost::asio::io_context& io, std::shared_ptr<Mailbox> mailbox, Control& control, std::string process,
        FeedPace pace = {});
  ~Feeds();

  // A viewer that has seen up to `last_event_id`: told the newest state at once unless it is that one.
  std::shared_ptr<EventStream> open(const Topic& topic, const std::string& last_event_id);
  size_t viewers() const;

 private:
  struct Feed;
  class Viewer;
  struct Door;

  Door door(const Feed& feed) const;
  void changed(Feed& feed);
  void build(Feed& feed);
  void take(Feed& feed, const StatusOr<std::string>& state);
  void after(Feed& feed, boost::asio::steady_timer& timer, Duration wait, std::function<void(Feeds&, Feed&)> work);
  void look_again(Feed& feed);
  void follow(Feed& feed);
  void leave(const std::string& key, Viewer* viewer);

  boost::asio::io_context& io_;
  std::shared_ptr<Mailbox> mailbox_;
  Control& control_;
  const std::string process_;
  const FeedPace pace_;
  std::map<std::string, std::unique_ptr<Feed>> feeds_;
  std::shared_ptr<Feeds*> self_;  // gone with this
};

}  // namespace evensweep::coordinator

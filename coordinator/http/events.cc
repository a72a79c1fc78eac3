#include "coordinator/http/events.h"

#include <algorithm>
#include <utility>

namespace evensweep::coordinator {

struct Feeds::Feed {
  Feed(boost::asio::io_context& io, Topic of) : topic(std::move(of)), pause(io), again(io) {}

  Topic topic;
  uint64_t number = 0;                      // of this feed, of all that ever were
  uint64_t state = 0;                       // counts the states of all feeds
  std::string content;                      // of the newest, without its id
  std::shared_ptr<const std::string> text;  // the newest as it is sent; null: none yet
  std::set<Viewer*> viewers;
  std::optional<Control::WatchId> watch;
  boost::asio::steady_timer pause, again;
  bool paused = false, building = false, stale = false;
};

class Feeds::Viewer final : public EventStream {
 public:
  Viewer(Feeds& feeds, std::string key) : feeds_(feeds), key_(std::move(key)) {}
  ~Viewer() override {
    if (!closed_) feeds_.leave(key_, this);
  }
  std::shared_ptr<const std::string> next() override { return std::exchange(next_, nullptr); }
  bool is_over() const override { return closed_; }
  void tell(const std::shared_ptr<const std::string>& text) {
    next_ = text;
    on_news();
  }
  void close() {
    closed_ = true;
    next_ = nullptr;
    on_news();
  }

 private:
  Feeds& feeds_;
  const std::string key_;
  std::shared_ptr<const std::string> next_;
  bool closed_ = false;
};

std::string event_text(std::string_view name, std::string_view data) {
  std::string text = "event: " + std::string(name) + "\n";
  while (true) {
    const size_t end = std::min(data.find_first_of("\r\n"), data.size());
    text.append("data: ").append(data.substr(0, end)) += '\n';
    if (end == data.size()) return text;
    data.remove_prefix(end + (data.substr(end).starts_with("\r\n") ? 2 : 1));
  }
}

// Runs `work(feeds, feed)` on the feeds' thread if the feed is still there. From any thread.
struct Feeds::Door {
  std::shared_ptr<Mailbox> mailbox;
  std::weak_ptr<Feeds*> feeds;
  std::string key;
  uint64_t number = 0;

  template <typename Work>
  void with(Work work) const {
    mailbox->post([door = *this, work = std::move(work)] {
      const std::shared_ptr<Feeds*> there = door.feeds.lock();
      if (!there) return;
      const auto found = (*there)->feeds_.find(door.key);
      if (found != (*there)->feeds_.end() && found->second->number == door.number) work(**there, *found->second);
    });
  }
};

Duration pause_after(const FeedPace& pace, size_t viewers, size_t bytes) {
  return pace.fastest + pace.per_viewer * static_cast<int64_t>(viewers) +
         Duration(static_cast<int64_t>(1000 * viewers * bytes / pace.most_bytes));
}

Feeds::Feeds(boost::asio::io_context& io, std::shared_ptr<Mailbox> mailbox, Control& control, std::string process,
             FeedPace pace)
    : io_(io),
      mailbox_(std::move(mailbox)),
      control_(control),
      process_(std::move(process)),
      pace_(pace),
      self_(std::make_shared<Feeds*>(this)) {}

Feeds::Door Feeds::door(const Feed& feed) const {
  return {.mailbox = mailbox_, .feeds = self_, .key = feed.topic.key, .number = feed.number};
}

Feeds::~Feeds() {
  for (const auto& [key, feed] : feeds_) {
    if (feed->watch) control_.unwatch(*feed->watch);
    for (Viewer* viewer : feed->viewers) viewer->close();
  }
}

size_t Feeds::viewers() const {
  size_t count = 0;
  for (const auto& [key, feed] : feeds_) count += feed->viewers.size();
  return count;
}

std::shared_ptr<EventStream> Feeds::open(const Topic& topic, const std::string& last_event_id) {
  static uint64_t last_number = 0;
  std::unique_ptr<Feed>& feed = feeds_[topic.key];
  if (!feed) {
    feed = std::make_unique<Feed>(io_, topic);
    feed->number = ++last_number;
    follow(*feed);
    build(*feed);
  }
  auto viewer = std::make_shared<Viewer>(*this, topic.key);
  feed->viewers.insert(viewer.get());
  const bool seen = last_event_id == process_ + "-" + std::to_string(feed->number) + "-" + std::to_string(feed->state);
  if (feed->text && !seen) viewer->tell(feed->text);
  return viewer;
}

void Feeds::leave(const std::string& key, Viewer* viewer) {
  const auto feed = feeds_.find(key);
  if (feed == feeds_.end() || feed->second->viewers.erase(viewer) == 0 || !feed->second->viewers.empty()) return;
  if (feed->second->watch) control_.unwatch(*feed->second->watch);
  feeds_.erase(feed);
}

// The watch of a sweep tells of every change. Where there is none, or it has ended, the topic is looked at now and
// then: a sweep that was over may go on, and a coordinator that could not store may again.
void Feeds::follow(Feed& feed) {
  if (!feed.topic.sweep) return look_again(feed);
  feed.watch = control_.watch(*feed.topic.sweep, [door = door(feed)](const StatusOr<SweepStatus>& status) {
    const bool last = !status.ok() || status->over;
    door.with([last](Feeds& feeds, Feed& found) {
      feeds.changed(found);
      if (!last) return;
      found.watch.reset();
      feeds.look_again(found);
    });
  });
}

// A timer that has run out calls even when its feed is gone by then.
void Feeds::after(Feed& feed, boost::asio::steady_timer& timer, Duration wait,
                  std::function<void(Feeds&, Feed&)> work) {
  timer.expires_after(wait);
  timer.async_wait([door = door(feed), work = std::move(work)](const boost::system::error_code& error) {
    if (!error) door.with(work);
  });
}

void Feeds::look_again(Feed& feed) {
  after(feed, feed.again, pace_.look_again, [](Feeds& feeds, Feed& found) {
    feeds.changed(found);
    feeds.look_again(found);
  });
}

void Feeds::changed(Feed& feed) {
  if (feed.paused || feed.building)
    feed.stale = true;
  else
    build(feed);
}

void Feeds::build(Feed& feed) {
  feed.stale = false;
  feed.building = true;
  feed.topic.build([door = door(feed)](StatusOr<std::string> state) {
    door.with([state = std::move(state)](Feeds& feeds, Feed& found) { feeds.take(found, state); });
  });
}

void Feeds::take(Feed& feed, const StatusOr<std::string>& state) {
  feed.building = false;
  std::string content =
      state.ok() ? *state : event_text("problem", "the coordinator cannot say how this stands at the moment");
  if (content != feed.content || !feed.text) {
    feed.content = std::move(content);
    ++feed.state;
    feed.text = std::make_shared<const std::string>("id: " + process_ + "-" + std::to_string(feed.number) + "-" +
                                                    std::to_string(feed.state) + "\n" + feed.content + "\n");
    for (Viewer* viewer : feed.viewers) viewer->tell(feed.text);
  }
  feed.paused = true;
  const Duration pause = pause_after(pace_, feed.viewers.size(), feed.text->size());
  after(feed, feed.pause, pause, [](Feeds& feeds, Feed& found) {
    found.paused = false;
    if (found.stale) feeds.build(found);
  });
}

}  // namespace evensweep::coordinator

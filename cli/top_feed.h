#pragma once
// Asks a coordinator again and again, on a thread of its own, so that keys are answered however slow it is.

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cli/client.h"
#include "cli/top_view.h"

namespace evensweep {

// What a coordinator has under way and what was over last, and the trials of one sweep of it (empty or gone: the
// first). `before` gives what is remembered from the last time. Blocks.
StatusOr<TopData> ask_for_top(Client& client, const std::string& sweep, const TopData& before);

class TopFeed {
 public:
  explicit TopFeed(Client client);
  ~TopFeed();
  TopFeed(const TopFeed&) = delete;
  TopFeed& operator=(const TopFeed&) = delete;

  // Whose trials are wanted; asked for at once where that is another one.
  void show(const std::string& sweep);
  void act(const TopAction& action);

  struct News {
    TopData data;
    std::optional<TopPage> page;  // the answer to kDetails
    std::string notice;           // what came of another action
  };
  // What is new since the last call.
  std::optional<News> take();
  // Becomes readable when something is new.
  int descriptor() const { return event_; }

 private:
  void work(const std::stop_token& stop);
  void refresh(const std::string& sweep);
  void carry_out(const TopAction& action);
  void publish();

  Client client_;
  int event_;
  TopData data_;  // the thread's own
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::string sweep_;  // guarded by the mutex, and so are the next ones
  bool asked_ = true;  // something is to be done at once
  std::vector<TopAction> actions_;
  News news_;
  bool fresh_ = false;
  std::jthread thread_;
};

}  // namespace evensweep

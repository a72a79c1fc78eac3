#include "coordinator/http/log_stream.h"

#include <deque>
#include <utility>

#include "common/model/json.h"
#include "coordinator/http/events.h"

namespace evensweep::coordinator {
namespace {

constexpr size_t kMostWaiting = 256 << 10;  // bytes

class LogStream final : public EventStream, public std::enable_shared_from_this<LogStream> {
 public:
  explicit LogStream(Control& control) : control_(control) {}
  ~LogStream() override { control_.unwatch_log(watch_); }
  LogStream(const LogStream&) = delete;
  LogStream& operator=(const LogStream&) = delete;

  void begin(const std::shared_ptr<Mailbox>& mailbox, const std::string& trial) {
    watch_ = control_.log(trial, true, [mailbox, weak = weak_from_this()](const StatusOr<LogPiece>& piece) {
      mailbox->post([weak, piece] {
        if (const auto stream = weak.lock()) stream->take(piece);
      });
    });
  }

  std::shared_ptr<const std::string> next() override {
    if (waiting_.empty()) return nullptr;
    auto text = std::make_shared<const std::string>(std::move(waiting_.front()) + "\n");
    waiting_.pop_front();
    bytes_ -= text->size() - 1;
    return text;
  }
  bool is_over() const override { return over_ && waiting_.empty(); }

 private:
  void take(const StatusOr<LogPiece>& piece) {
    if (!piece.ok()) {
      add(event_text("problem", std::string(piece.status().message())));
      over_ = true;
    } else {
      if (!piece->text.empty())
        add(event_text("log", Json{{"attempt", piece->attempt}, {"text", piece->text}}.dump(
                                  -1, ' ', false, Json::error_handler_t::replace)));
      if (piece->last) add(event_text("end", ""));
      over_ = piece->last;
    }
    on_news();
  }
  void add(std::string event) {
    bytes_ += event.size();
    waiting_.push_back(std::move(event));
    while (bytes_ > kMostWaiting && waiting_.size() > 1) {
      bytes_ -= waiting_.front().size();
      waiting_.pop_front();
    }
  }

  Control& control_;
  Control::WatchId watch_ = 0;
  std::deque<std::string> waiting_;
  size_t bytes_ = 0;
  bool over_ = false;
};

}  // namespace

std::shared_ptr<EventStream> follow_log(Control& control, const std::shared_ptr<Mailbox>& mailbox,
                                        const std::string& trial) {
  auto stream = std::make_shared<LogStream>(control);
  stream->begin(mailbox, trial);
  return stream;
}

}  // namespace evensweep::coordinator

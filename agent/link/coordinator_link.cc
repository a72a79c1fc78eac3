#include "agent/link/coordinator_link.h"

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

#include "common/wire/link_codec.h"
#include "evensweep/v1/agent_link.grpc.pb.h"

namespace evensweep {
namespace {

// gRPC 1.51 now and then aborts the process (ref_counted.h: prior > 0) when the queue of its callback API goes down
// with the last server or channel that uses it. One channel, of no further use, holds on to that queue until the
// process ends.
void keep(const std::shared_ptr<grpc::Channel>& channel) {
  static const auto* const kept = new std::shared_ptr<grpc::Channel>(channel);
  static_cast<void>(kept);
}

// Updates are joined into messages of at most so many.
constexpr size_t kMostJoined = 512;
// A message with a larger result in it goes by itself.
constexpr size_t kSmallResult = 64 << 10;

bool is_small(const Update& update) {
  const auto* succeeded = std::get_if<Succeeded>(&update.what);
  return succeeded == nullptr || succeeded->result_json.size() <= kSmallResult;
}

// Puts `more` into the message that waits to be sent before it, if the two say as much together.
bool join(AgentMessage& waiting, AgentMessage& more) {
  if (auto* credits = std::get_if<Credits>(&waiting)) {
    const auto* newer = std::get_if<Credits>(&more);
    if (newer == nullptr) return false;
    for (const DeviceCredits& device : newer->devices) {
      std::erase_if(credits->devices, [&](const DeviceCredits& old) { return old.device == device.device; });
      credits->devices.push_back(device);
    }
    return true;
  }
  auto* updates = std::get_if<Updates>(&waiting);
  auto* newer = std::get_if<Updates>(&more);
  if (updates == nullptr || newer == nullptr) return false;
  if (updates->updates.size() + newer->updates.size() > kMostJoined) return false;
  if (!std::ranges::all_of(updates->updates, is_small) || !std::ranges::all_of(newer->updates, is_small)) return false;
  std::ranges::move(newer->updates, std::back_inserter(updates->updates));
  return true;
}

// Credits and updates may pass each other, but nothing else.
bool join_any(std::deque<AgentMessage>& queue, AgentMessage& more) {
  for (auto waiting = queue.rbegin(); waiting != queue.rend(); ++waiting) {
    if (join(*waiting, more)) return true;
    if (!std::holds_alternative<Credits>(*waiting) && !std::holds_alternative<Updates>(*waiting)) return false;
    if (waiting->index() == more.index()) return false;
  }
  return false;
}

}  // namespace

Duration reconnect_delay(uint32_t failures, double chance) {
  constexpr int64_t kFirst = 200, kMost = 5000;
  const int64_t full = std::min(kMost, kFirst << std::min(failures, 10u));
  return Duration(full - static_cast<int64_t>(static_cast<double>(full) / 2 * chance));
}

// One stream. Its methods are called on the io thread; gRPC calls the On* reactions on its own threads, which touch
// nothing but the incoming message and post the rest. It owns itself until OnDone.
class CoordinatorLink::Session final : public grpc::ClientBidiReactor<v1::AgentMessage, v1::CoordinatorMessage>,
                                       public std::enable_shared_from_this<Session> {
 public:
  explicit Session(CoordinatorLink& link)
      : link_(&link), io_(link.context_), stub_(v1::AgentLink::NewStub(link.channel_)) {}

  void open() {
    self_ = shared_from_this();
    stub_->async()->Connect(&context_, this);
    AddHold();  // for the writes, which are started outside of reactions
    StartRead(&incoming_);
    StartCall();
  }

  // Goes with all that is sent in the same moment, and while the message before is on its way.
  void send(AgentMessage message) {
    if (!may_write_ || ending_) return;
    if (!join_any(outgoing_, message)) outgoing_.push_back(std::move(message));
    if (writing_ || std::exchange(write_posted_, true)) return;
    post([](Session& session) {
      session.write_posted_ = false;
      session.write_next();
    });
  }

  // After what is queued has gone.
  void end_writes() {
    if (std::exchange(ending_, true)) return;
    write_next();
  }

  void cancel() {
    context_.TryCancel();
    stop_writing();
  }

  // From the link's destructor, the io thread having stopped: no post will be run any more.
  void detach() {
    cancel();
    await_done();
  }

  bool heard() const { return heard_; }

  void OnReadDone(bool ok) override {
    if (!ok) return post([](Session& session) { session.stop_writing(); });
    StatusOr<CoordinatorMessage> message = decode(incoming_);
    if (!message.ok()) {
      post([why = std::string(message.status().message())](Session& session) { session.refuse(why); });
      return;
    }
    post([message = *std::move(message)](Session& session) mutable { session.deliver(std::move(message)); });
    StartRead(&incoming_);
  }

  void OnWriteDone(bool ok) override {
    post([ok](Session& session) { session.written(ok); });
  }

  void OnDone(const grpc::Status& status) override {
    const std::string why = status.ok() ? "the coordinator closed the connection" : status.error_message();
    post([why](Session& session) { session.over(why); });
    const std::shared_ptr<Session> last = std::move(self_);
    const std::lock_guard lock(mutex_);
    over_ = true;
    over_changed_.notify_all();
  }

 private:
  template <typename Work>
  void post(Work work) {
    boost::asio::post(io_, [self = shared_from_this(), work = std::move(work)]() mutable { work(*self); });
  }

  void deliver(CoordinatorMessage message) {
    heard_ = true;
    link_->failures_ = 0;
    if (!link_->closing_) link_->callbacks_.on_message(std::move(message));
  }

  void refuse(const std::string& why) {
    refused_ = "the coordinator sent what cannot be understood: " + why;
    cancel();
  }

  void written(bool ok) {
    writing_ = false;
    if (!ok) {
      outgoing_.clear();
      return stop_writing();
    }
    write_next();
  }

  void write_next() {
    if (!may_write_ || writing_) return;
    if (outgoing_.empty()) {
      if (ending_) finish_writes();
      return;
    }
    written_ = encode(outgoing_.front());
    outgoing_.pop_front();
    writing_ = true;
    StartWrite(&written_);
  }

  void finish_writes() {
    StartWritesDone();
    stop_writing();
  }

  void stop_writing() {
    if (std::exchange(may_write_, false)) RemoveHold();
  }

  // Until OnDone has returned from its post: the io_context may be destroyed as soon as the link knows of the end.
  void await_done() {
    std::unique_lock lock(mutex_);
    over_changed_.wait(lock, [this] { return over_; });
  }

  void over(const std::string& why) {
    await_done();
    stop_writing();
    link_->session_over(this, refused_.empty() ? why : refused_);
  }

  CoordinatorLink* link_;
  boost::asio::io_context& io_;
  std::unique_ptr<v1::AgentLink::Stub> stub_;
  grpc::ClientContext context_;
  std::shared_ptr<Session> self_;
  v1::CoordinatorMessage incoming_;
  v1::AgentMessage written_;  // of gRPC's while writing_
  std::deque<AgentMessage> outgoing_;
  bool may_write_ = true, ending_ = false, heard_ = false;
  bool writing_ = false, write_posted_ = false;
  std::string refused_;

  std::mutex mutex_;
  std::condition_variable over_changed_;
  bool over_ = false;
};

CoordinatorLink::CoordinatorLink(boost::asio::io_context& context, std::shared_ptr<grpc::Channel> channel,
                                 LinkCallbacks callbacks, Rng rng)
    : context_(context),
      channel_(std::move(channel)),
      callbacks_(std::move(callbacks)),
      rng_(std::move(rng)),
      retry_(context) {}

CoordinatorLink::~CoordinatorLink() {
  if (session_) session_->detach();
}

void CoordinatorLink::start() { connect(); }

void CoordinatorLink::send(AgentMessage message) {
  if (session_) session_->send(std::move(message));
}

void CoordinatorLink::close(std::function<void()> done) {
  closing_ = true;
  retry_.cancel();
  if (!session_) return done();
  closed_ = std::move(done);
  session_->end_writes();
}

void CoordinatorLink::connect() {
  keep(channel_);
  session_ = std::make_shared<Session>(*this);
  session_->open();
  callbacks_.on_connected();
}

void CoordinatorLink::session_over(const Session* session, const std::string& why) {
  if (session != session_.get()) return;
  session_.reset();
  if (closing_) {
    if (closed_) std::exchange(closed_, nullptr)();
    return;
  }
  callbacks_.on_disconnected(why);
  retry_.expires_after(reconnect_delay(failures_++, rng_.uniform()));
  retry_.async_wait([this](const boost::system::error_code& error) {
    if (!error && !closing_) connect();
  });
}

}  // namespace evensweep

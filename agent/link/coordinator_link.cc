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

  void send(const AgentMessage& message) {
    if (!may_write_ || ending_) return;
    outgoing_.push_back(encode(message));
    if (outgoing_.size() == 1) StartWrite(&outgoing_.front());
  }

  // After what is queued has gone.
  void end_writes() {
    if (std::exchange(ending_, true)) return;
    if (outgoing_.empty() && may_write_) finish_writes();
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
    outgoing_.pop_front();
    if (!ok) {
      outgoing_.clear();
      return stop_writing();
    }
    if (!may_write_) return;
    if (!outgoing_.empty())
      StartWrite(&outgoing_.front());
    else if (ending_)
      finish_writes();
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
  std::deque<v1::AgentMessage> outgoing_;  // the first one is being written
  bool may_write_ = true, ending_ = false, heard_ = false;
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

void CoordinatorLink::send(const AgentMessage& message) {
  if (session_) session_->send(message);
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

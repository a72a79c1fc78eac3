#include "coordinator/http/events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_control.h"

namespace evensweep::coordinator {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

// The feeds' thread is the test's: what is due runs in run().
class EventsTest : public testing::Test {
 protected:
  EventsTest() {
    control_.on_watch = [this](const auto& callback) { change_ = callback; };
  }
  ~EventsTest() override { mailbox_->close(); }
  Topic topic(bool of_sweep = true) {
    Topic topic{.key = of_sweep ? "sweep" : "overview"};
    if (of_sweep) topic.sweep = SweepId("s");
    topic.build = [this](const std::function<void(StatusOr<std::string>)>& done) {
      ++built_;
      if (hold_)
        held_ = done;
      else
        done(state_);
    };
    return topic;
  }
  void run() {
    io_.restart();
    io_.poll();
  }
  // Runs until `reached`, timers included.
  template <typename Reached>
  void run_until(Reached reached) {
    io_.restart();
    while (!reached()) ASSERT_EQ(io_.run_one(), 1u);
  }

  boost::asio::io_context io_;
  std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>(io_);
  FakeControl control_;
  Feeds feeds_{
      io_, mailbox_, control_, "p", {.fastest = Duration(1), .per_viewer = Duration(0), .look_again = Duration(1)}};
  std::function<void(const StatusOr<SweepStatus>&)> change_;
  StatusOr<std::string> state_ = event_text("sweep", "1");
  int built_ = 0;
  bool hold_ = false;
  std::function<void(StatusOr<std::string>)> held_;
};

TEST(EventText, IsOneFieldALine) {
  EXPECT_EQ(event_text("a", "x"), "event: a\ndata: x\n");
  EXPECT_EQ(event_text("a", ""), "event: a\ndata: \n");
  EXPECT_EQ(event_text("a", "x\ny\r\nevent: z\rw"), "event: a\ndata: x\ndata: y\ndata: event: z\ndata: w\n");
}

TEST(Pause, GrowsWithViewersAndWithWhatTheyAreTold) {
  const FeedPace pace{.fastest = Duration(250), .per_viewer = Duration(3), .most_bytes = 1'000'000};
  EXPECT_EQ(pause_after(pace, 0, 1'000'000'000), Duration(250));
  EXPECT_EQ(pause_after(pace, 1, 1000), Duration(254));
  EXPECT_EQ(pause_after(pace, 200, 1000), Duration(250 + 600 + 200));
  EXPECT_EQ(pause_after(pace, 200, 250'000), Duration(250 + 600 + 50'000));
}

TEST_F(EventsTest, BuildsOnceForAllViewers) {
  const auto first = feeds_.open(topic(), ""), second = feeds_.open(topic(), "");
  run();
  EXPECT_EQ(built_, 1);
  const auto text = first->next();
  ASSERT_TRUE(text);
  EXPECT_EQ(text, second->next()) << "the same bytes";
  EXPECT_THAT(*text, AllOf(StartsWith("id: p-"), HasSubstr("\nevent: sweep\ndata: 1\n\n")));
  EXPECT_EQ(first->next(), nullptr);
  const auto late = feeds_.open(topic(), "");
  EXPECT_EQ(late->next(), text) << "who comes late is told at once";
  EXPECT_EQ(built_, 1);
  EXPECT_EQ(feeds_.viewers(), 3u);
  EXPECT_EQ(control_.listeners(), 1u) << "one watch, however many look";
}

TEST_F(EventsTest, SlowViewersGetTheNewest) {
  const auto viewer = feeds_.open(topic(), "");
  run();
  int news = 0;
  viewer->on_news = [&] { ++news; };
  for (const char* state : {"2", "3", "4"}) {
    state_ = event_text("sweep", state);
    change_(SweepStatus{});
    run_until([&] { return news == *state - '1'; });
  }
  EXPECT_THAT(*viewer->next(), HasSubstr("data: 4\n"));
  EXPECT_EQ(viewer->next(), nullptr);
}

TEST_F(EventsTest, SaysNothingWhereNothingHasChanged) {
  const auto viewer = feeds_.open(topic(false), "");
  run();
  ASSERT_TRUE(viewer->next());
  run_until([&] { return built_ == 4; });
  EXPECT_EQ(viewer->next(), nullptr);
}

TEST_F(EventsTest, WhoComesBackIsToldOnlyWhatIsNew) {
  const auto viewer = feeds_.open(topic(), "");
  run();
  const std::string text = *viewer->next(), id = text.substr(4, text.find('\n') - 4);
  EXPECT_EQ(feeds_.open(topic(), id)->next(), nullptr);
  EXPECT_TRUE(feeds_.open(topic(), "q" + id)->next()) << "the id of another process";
  EXPECT_TRUE(feeds_.open(topic(), "nonsense")->next());
}

TEST_F(EventsTest, OneStateIsBuiltAtATime) {
  hold_ = true;
  const auto viewer = feeds_.open(topic(), "");
  for (int i = 0; i < 5; ++i) change_(SweepStatus{});
  run();
  EXPECT_EQ(built_, 1);
  hold_ = false;
  held_(state_);
  run_until([&] { return built_ == 2; });
  run();
  EXPECT_EQ(built_, 2) << "what changed meanwhile is one more";
}

TEST_F(EventsTest, EndsTheWatchWithTheLastViewer) {
  auto first = feeds_.open(topic(), "");
  auto second = feeds_.open(topic(), "");
  run();
  first.reset();
  EXPECT_EQ(control_.listeners(), 1u);
  second.reset();
  EXPECT_EQ(control_.listeners(), 0u);
  EXPECT_EQ(feeds_.viewers(), 0u);
  change_(SweepStatus{});  // on its way when the watch ended
  run();
  EXPECT_EQ(built_, 1);
}

TEST_F(EventsTest, LooksAgainAtASweepThatWasOver) {
  const auto viewer = feeds_.open(topic(), "");
  run();
  ASSERT_TRUE(viewer->next());
  change_(SweepStatus{.over = true});
  run();
  state_ = event_text("sweep", "going on");
  std::shared_ptr<const std::string> text;
  run_until([&] { return (text = viewer->next()) != nullptr; });
  EXPECT_THAT(*text, HasSubstr("going on"));
}

TEST_F(EventsTest, TellsThatThereIsTroubleAndNoMore) {
  state_ = absl::InternalError("/secret/path");
  const auto viewer = feeds_.open(topic(), "");
  run();
  const auto text = viewer->next();
  ASSERT_TRUE(text);
  EXPECT_THAT(*text, AllOf(HasSubstr("event: problem\n"), testing::Not(HasSubstr("secret"))));
}

TEST_F(EventsTest, ViewersOutliveTheFeeds) {
  auto feeds = std::make_unique<Feeds>(io_, mailbox_, control_, "p");
  const auto viewer = feeds->open(topic(), "");
  bool told = false;
  viewer->on_news = [&] { told = true; };
  feeds.reset();
  EXPECT_TRUE(told);
  EXPECT_TRUE(viewer->is_over());
  EXPECT_EQ(viewer->next(), nullptr);
}

}  // namespace
}  // namespace evensweep::coordinator

#include "cli/top.h"

#include <poll.h>
#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <optional>
#include <utility>

#include "cli/exit_code.h"
#include "cli/full_screen.h"
#include "cli/places.h"
#include "cli/terminal.h"
#include "cli/text_table.h"
#include "cli/top_feed.h"
#include "cli/top_keys.h"
#include "cli/verb.h"

namespace evensweep {
namespace {

constexpr int kCtrlC = 3, kCtrlL = 12, kCtrlZ = 26;
constexpr int kEscapePatience = 50;       // milliseconds for the rest of a key's sequence
constexpr Duration kTopCallLimit{5'000};  // leaving waits for the call under way

struct TopOptions {
  ConnectionOptions connection;
};

// Signals as something to read. They are held back in this thread and in all that it starts later.
class SignalFile {
 public:
  SignalFile() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP}) sigaddset(&set, signal);
    pthread_sigmask(SIG_BLOCK, &set, &before_);
    std::signal(SIGPIPE, SIG_IGN);
    file_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  }
  ~SignalFile() {
    ::close(file_);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  SignalFile(const SignalFile&) = delete;
  SignalFile& operator=(const SignalFile&) = delete;

  int descriptor() const { return file_; }
  std::optional<int> take() {
    signalfd_siginfo info;
    if (::read(file_, &info, sizeof info) != sizeof info) return std::nullopt;
    return static_cast<int>(info.ssi_signo);
  }

 private:
  sigset_t before_{};
  int file_ = -1;
};

bool speaks_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string value = environment(name);
    if (!value.empty()) return value.find("UTF-8") != std::string::npos || value.find("utf8") != std::string::npos;
  }
  return false;
}

// From the first picture to the last key.
class Session {
 public:
  Session(Client client, SignalFile& signals, FullScreen& screen, bool colors)
      : signals_(signals), screen_(screen), colors_(colors), feed_(std::move(client)) {}

  int run() {
    while (!code_) {
      draw();
      wait();
      while (const auto signal = signals_.take()) on_signal(*signal);
      on_news();
      if (!screen_.read(input_)) return kOk;  // the terminal has gone
      on_input();
    }
    return *code_;
  }

 private:
  void draw() {
    const FullScreen::Size size = screen_.size();
    Grid grid = render(data_, state_, look_, size.width, size.height);
    const std::string out = drawing(grid, drawn_ ? &*drawn_ : nullptr, colors_);
    if (!out.empty() && !screen_.write(out)) code_ = kOk;
    drawn_ = std::move(grid);
  }

  void wait() {
    pollfd files[] = {{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0},
                      {.fd = signals_.descriptor(), .events = POLLIN, .revents = 0},
                      {.fd = feed_.descriptor(), .events = POLLIN, .revents = 0}};
    const int ready = ::poll(files, std::size(files), input_.empty() ? -1 : kEscapePatience);
    if (ready == 0) escaped_ = true;
  }

  void on_signal(int signal) {
    if (signal == SIGTSTP)
      suspend();
    else if (signal != SIGWINCH)
      code_ = kInterrupted;
  }

  void suspend() {
    screen_.suspend();
    drawn_.reset();
  }

  void on_news() {
    std::optional<TopFeed::News> news = feed_.take();
    if (!news) return;
    data_ = std::move(news->data);
    if (news->page && state_.page && state_.page->title == news->page->title) state_.page = std::move(news->page);
    if (!news->notice.empty()) state_.notice = std::move(news->notice);
  }

  // Control characters are no keys of the view.
  void on_input() {
    std::string keys;
    for (const char c : input_) {
      if (c == kCtrlC)
        code_ = kInterrupted;
      else if (c == kCtrlL)
        drawn_.reset();
      else if (c == kCtrlZ)
        suspend();
      else
        keys += c;
    }
    input_ = std::move(keys);
    for (const Key& key : take_keys(input_, /*more_is_coming=*/!std::exchange(escaped_, false))) {
      const TopAction action = press(state_, data_, key);
      if (action.kind == TopAction::kQuit) code_ = kOk;
      if (action.kind != TopAction::kNone && action.kind != TopAction::kQuit) feed_.act(action);
    }
    feed_.show(state_.sweep);
  }

  SignalFile& signals_;
  FullScreen& screen_;
  bool colors_;
  TopLook look_{.unicode = speaks_utf8()};
  TopFeed feed_;
  TopData data_;
  TopState state_;
  std::string input_;
  bool escaped_ = false;
  std::optional<Grid> drawn_;
  std::optional<int> code_;
};

// For a pipe or a file: how things stand, once.
StatusOr<int> print_once(const TopOptions& options, size_t width) {
  EV_ASSIGN_OR_RETURN(Client client, Client::connect(options.connection));
  EV_ASSIGN_OR_RETURN(const TopData data, ask_for_top(client, "", {}));
  EV_RETURN_IF_ERROR(print(top_text(data, width)));
  return kOk;
}

StatusOr<int> top(const TopOptions& options) {
  const Terminal terminal = detect_terminal();
  if (!terminal.out_is_terminal) return print_once(options, kUnbounded);
  const std::string name = environment("TERM");
  if (name.empty() || name == "dumb")
    return absl::InvalidArgumentError("top needs a terminal that can move its cursor, and TERM is " +
                                      (name.empty() ? "not set" : name) +
                                      "; use evensweep status --watch, or evensweep top | cat");
  if (::isatty(STDIN_FILENO) == 0)
    return absl::InvalidArgumentError(
        "top reads its keys from standard input, which is no terminal; use evensweep status --watch");
  SignalFile signals;  // before gRPC has threads
  // A wrong address, token or certificate is said before the screen is taken.
  EV_ASSIGN_OR_RETURN(Client first, Client::connect(options.connection));
  EV_RETURN_IF_ERROR(first.sweeps(/*over_too=*/false, 1).status());
  EV_ASSIGN_OR_RETURN(Client client, Client::connect(options.connection, Duration(0), kTopCallLimit));
  EV_ASSIGN_OR_RETURN(std::unique_ptr<FullScreen> screen, FullScreen::take());
  Session session(std::move(client), signals, *screen, terminal.color_out);
  const int code = session.run();
  screen.reset();  // nobody has to look at it while a last call ends
  return code;
}

}  // namespace

void add_top(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<TopOptions>();
  CLI::App* verb = app.add_subcommand("top", "Watch sweeps, trials, agents and failures on the whole screen");
  verb->footer(
      "Examples:\n  evensweep top\n  evensweep top --coordinator head:7077\n"
      "  evensweep top | cat    how things stand, once, as plain lines\n"
      "Tab goes from part to part, the arrows move, enter says more, ? lists all keys, q leaves. What changes "
      "something "
      "(p, r, c, d) is asked about first.");
  add_connection_options(*verb, options->connection);
  run_verb(*verb, exit_code, [options] { return top(*options); });
}

}  // namespace evensweep

#pragma once
// A terminal that one program has to itself: keys come as they are pressed, and nothing scrolls.

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/status.h"

namespace evensweep {

class FullScreen {
 public:
  // Takes the terminal of standard input and output. FailedPrecondition where they are none.
  static StatusOr<std::unique_ptr<FullScreen>> take();
  // Gives it back as it was. So does a crash of the program.
  ~FullScreen();
  FullScreen(const FullScreen&) = delete;
  FullScreen& operator=(const FullScreen&) = delete;

  struct Size {
    size_t width = 80, height = 24;
    bool operator==(const Size&) const = default;
  };
  Size size() const;
  // False: the terminal has gone.
  bool write(std::string_view text);
  // What was typed, without waiting; false: there is nothing more to come.
  bool read(std::string& input);
  // Gives the terminal back, stops this process as ctrl-z does, and takes it again once it goes on.
  void suspend();

 private:
  FullScreen() = default;
};

}  // namespace evensweep

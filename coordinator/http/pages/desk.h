#pragma once
// A thread that reads the store for pages and writes them, so that neither the HTTP thread nor the host's waits.

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <string>
#include <utility>

#include "coordinator/store/reader.h"

namespace evensweep::coordinator {

class Desk {
 public:
  // Of the database in `folder`, which somebody has open to write.
  static StatusOr<std::unique_ptr<Desk>> open(const std::string& folder) {
    EV_ASSIGN_OR_RETURN(std::unique_ptr<StoreReader> reader, StoreReader::open(folder));
    return std::unique_ptr<Desk>(new Desk(std::move(reader)));
  }
  // What waits is dropped.
  ~Desk() {
    thread_.stop();
    thread_.join();
  }

  // Runs `work(reader)` there; from any thread.
  template <typename Work>
  void ask(Work work) {
    boost::asio::post(thread_, [this, work = std::move(work)]() mutable { work(*reader_); });
  }

 private:
  explicit Desk(std::unique_ptr<StoreReader> reader) : reader_(std::move(reader)) {}

  std::unique_ptr<StoreReader> reader_;
  boost::asio::thread_pool thread_{1};
};

}  // namespace evensweep::coordinator

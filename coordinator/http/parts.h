#pragma once
// What routes are made of, and how a handler answers with what Control replies.

#include <memory>
#include <utility>

#include "common/base/clock.h"
#include "coordinator/host/control.h"
#include "coordinator/http/events.h"
#include "coordinator/http/front.h"
#include "coordinator/http/mailbox.h"

namespace evensweep::coordinator {

struct WebParts {
  Control& control;
  Feeds& feeds;
  std::shared_ptr<Mailbox> mailbox;
  const Clock& clock;
};

// The reply that answers with `make(value)`, or the error. It is made on the HTTP thread: the host's has other things
// to do than to write documents.
template <typename T, typename Make>
Control::Reply<T> answer_with(const std::shared_ptr<Mailbox>& mailbox, Respond respond, Make make) {
  return [mailbox, respond = std::move(respond), make = std::move(make)](StatusOr<T> value) {
    mailbox->post([respond, make, value = std::move(value)] {
      respond(value.ok() ? HttpResponse(make(*value)) : error_response(value.status()));
    });
  };
}

}  // namespace evensweep::coordinator

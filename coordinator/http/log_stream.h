#pragma once
// What a trial's running attempt writes to standard error, as server-sent events.

#include <memory>
#include <string>

#include "coordinator/host/control.h"
#include "coordinator/http/mailbox.h"
#include "coordinator/http/request.h"

namespace evensweep::coordinator {

// Events "log" with {"attempt", "text"}: what is kept so far, then what comes; at last "end", or "problem" with a line.
// Of what a slow reader has not taken the oldest is dropped. On the HTTP thread; `control` must live longer.
std::shared_ptr<EventStream> follow_log(Control& control, const std::shared_ptr<Mailbox>& mailbox,
                                        const std::string& trial);

}  // namespace evensweep::coordinator

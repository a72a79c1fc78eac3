#pragma once

namespace evensweep {

// As many open files as the system lets this process have: every connection is one.
void raise_file_limit();

}  // namespace evensweep

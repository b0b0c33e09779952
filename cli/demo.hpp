#pragma once

#include "interrupt.hpp"

namespace redial::cli {

/// Makes calls through a fault server on loopback and tells each one's story, what a one-shot
/// client would have got, and the server's own count. Returns the exit code: 3 if anything went
/// otherwise than it should.
int run_demo(const Interrupt& interrupt);

}  // namespace redial::cli

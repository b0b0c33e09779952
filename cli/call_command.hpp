#pragma once

#include "call_options.hpp"
#include "interrupt.hpp"

namespace redial::cli {

/// Makes one call as the flags say. The body goes to stdout or a file, everything else to stderr.
/// Returns the exit code; throws UsageError and OutputError.
int run_call(const CallFlags& flags, const Interrupt& interrupt);

}  // namespace redial::cli

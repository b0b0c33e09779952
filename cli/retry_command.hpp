#pragma once

#include "interrupt.hpp"
#include "run_flags.hpp"

namespace redial::cli {

/// `redial retry`: of a run's jobs, the ones that did not end well and may be sent again, with the
/// idempotency key they had. Returns the exit code; throws UsageError and OutputError.
int run_retry(const RunFlags& flags, const Interrupt& interrupt);

}  // namespace redial::cli

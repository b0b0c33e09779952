#pragma once

#include "interrupt.hpp"
#include "run_flags.hpp"

namespace redial::cli {

/// `redial plan`: what `redial run` would do with the same flags; nothing is sent or written.
/// Returns the exit code: 2 where the run would refuse its input, 3 where a job would fail unsent.
int plan_jobs(const RunFlags& flags, const Interrupt& interrupt);

}  // namespace redial::cli

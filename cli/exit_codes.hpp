#pragma once

#include <redial/policy/report.hpp>

namespace redial::cli {

/// What the command's exit code means; scripts rely on it.
enum ExitCode : int {
  k_ok = 0,
  k_bug = 1,    ///< only for our own bugs
  k_usage = 2,  ///< usage, bad URL, policy or input: nothing was sent, in a run nothing more
  k_failed = 3,
  k_in_doubt = 4,
  k_io = 74,            ///< an output that cannot be written (EX_IOERR)
  k_later = 75,         ///< come back at retry_at (EX_TEMPFAIL)
  k_interrupted = 130,  ///< Ctrl-C
};

/// Of two codes about several calls: 4 before 3 before 75 before 0; any other stands as it is.
inline int worse(int one, int other) {
  for (const int code : {k_in_doubt, k_failed, k_later}) {
    if (one == code || (one == k_ok && other == code)) return code;
    if (other == code && (one == k_failed || one == k_later)) return code;
  }
  return one;
}

inline ExitCode exit_code_of(CallOutcome outcome) {
  switch (outcome) {
    case CallOutcome::ok:
      return k_ok;
    case CallOutcome::in_doubt:
      return k_in_doubt;
    case CallOutcome::later:
      return k_later;
    case CallOutcome::cancelled:
      return k_interrupted;
    case CallOutcome::failed:
      break;
  }
  return k_failed;
}

}  // namespace redial::cli

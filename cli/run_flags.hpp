#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "call_options.hpp"
#include "job_format.hpp"

namespace redial::cli {

/// What `redial run`, `plan` and `retry` have in common: part of one call's flags, for every job,
/// and where results go.
struct RunFlags {
  CallFlags call;
  std::string jobs;
  InputFlags input;
  std::string output;
  std::size_t concurrency = 16;
  std::size_t threads = 0;   ///< event loops; 0: one, more while they are busy all the time
  std::size_t per_host = 0;  ///< 0: no limit
  std::string max_body = "64k";
  bool ordered = false;
  bool fail_fast = false;
  std::string attempts_out;
  // run
  bool stream = false;
  std::string save_jobs;
  std::uint64_t from_line = 1;
  std::string lines;
  // plan
  bool plan_as_json = false;
  // retry
  std::string results;
  std::vector<std::string> ids;
  bool failed = false;
  std::vector<std::string> where;
  // What a further command about these jobs needs as well, as it was typed; of what may hold a
  // secret only the names.
  std::string same_flags, same_secrets;
};

/// Declares the flags of each command on `app`.
void declare_run(CLI::App& app, RunFlags& flags);
void declare_plan(CLI::App& app, RunFlags& flags);
void declare_retry(CLI::App& app, RunFlags& flags);

}  // namespace redial::cli

#include "run_command.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "errors.hpp"
#include "exit_codes.hpp"
#include "shell_quoted.hpp"

namespace redial::cli {
namespace {

constexpr std::size_t k_shown_jobs = 20;

// Sockets of calls in flight, and what else a process has open.
void make_room_for(std::size_t concurrency) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t wanted = concurrency + 64;
  if (limit.rlim_cur >= wanted) return;
  if (limit.rlim_max < wanted) {
    throw UsageError("--concurrency " + std::to_string(concurrency) + ": only " +
                     std::to_string(limit.rlim_max) + " files may be open (ulimit -n)");
  }
  limit.rlim_cur = wanted;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Jobs in flight wait for their turn within their deadline: with too many of them for the rate,
// most would end as `later` without being sent.
void refuse_hopeless_rate(const RunFlags& flags, const CallSetup& setup) {
  const auto* const limiter = dynamic_cast<const RateLimiter*>(setup.adapter.guard.get());
  if (limiter == nullptr) return;
  const auto& [rate, burst, per] = limiter->limit();
  const std::chrono::duration<double> turn =
      std::chrono::duration<double>(rate.period) / static_cast<double>(rate.count);
  const auto last =
      turn * std::max(0.0, static_cast<double>(flags.concurrency) - static_cast<double>(burst));
  const Duration deadline = setup.adapter.timeouts.deadline.value_or(k_default_deadline);
  if (deadline == k_unlimited || last < deadline) return;
  throw UsageError(fmt::format(
      "--rate {}: with {} calls in flight the last waits {:.0f} s for its turn, longer than its "
      "deadline; lower --concurrency or raise --max-time",
      to_string(rate), flags.concurrency, last.count()));
}

CallSetup batch_setup(const RunFlags& flags) {
  CallSetup setup = make_setup(flags.call);
  refuse_hopeless_rate(flags, setup);
  if (!flags.call.idempotency_key.empty() && flags.call.idempotency_key != "auto") {
    throw UsageError(
        "--idempotency-key: only auto; one key for all jobs would make them one: give each job its "
        "own `key`");
  }
  // What a job says beats what the flags say.
  for (const auto& field : setup.options.headers)
    setup.session.headers.add(field.name, field.value);
  setup.options.headers = {};
  if (setup.options.auth) setup.session.auth = std::exchange(setup.options.auth, std::nullopt);
  auto& idle = setup.session.wire.pool.idle_per_origin;
  idle = std::max(idle, flags.concurrency);
  return setup;
}

std::string counted(std::uint64_t count, const char* what) {
  return grouped(count) + " " + what;
}

std::string summary(const Batch& batch, const JobSource& source,
                    std::chrono::duration<double> took) {
  const Tally& tally = batch.tally();
  std::string text = "redial: " + counted(tally.done(), tally.done() == 1 ? "job: " : "jobs: ");
  text += counted(tally.of(CallOutcome::ok), "ok");
  const auto add = [&](CallOutcome outcome, const char* name) {
    if (tally.of(outcome) > 0) text += ", " + counted(tally.of(outcome), name);
  };
  add(CallOutcome::failed, "failed");
  add(CallOutcome::in_doubt, "in doubt");
  add(CallOutcome::later, "later");
  add(CallOutcome::cancelled, "cancelled");
  if (!batch.exhausted()) {
    const auto total = source.total();
    text += total ? ", " + counted(*total - std::min(*total, tally.done()), "not sent")
                  : ", the rest not sent";
  }
  const double seconds = took.count();
  text += fmt::format("; {:.1f} s", seconds);
  if (seconds > 0)
    text += fmt::format(
        ", {}/s", grouped(static_cast<std::uint64_t>(static_cast<double>(tally.done()) / seconds)));
  if (tally.extra_sends() > 0)
    text += ", " + counted(tally.extra_sends(), "requests more than jobs (retries, redirects)");
  text += '\n';
  for (const auto& reason : tally.top_reasons(3)) {
    text += fmt::format("  {} × {}: {}; for example {}{}\n", grouped(reason.count), reason.code,
                        reason.text, printable(reason.id), printable(reason.call));
  }
  return text;
}

void say_untold(const Batch& batch) {
  const auto jobs = batch.untold();
  if (jobs.empty()) return;
  std::fprintf(stderr,
               "redial: %zu jobs were in flight and have no result line; each may have happened:\n",
               jobs.size());
  for (std::size_t i = 0; i < std::min(jobs.size(), k_shown_jobs); ++i) {
    const InFlight& job = *jobs[i];
    std::fprintf(stderr, "  %s  %s %s\n", printable(job.id).c_str(), printable(job.method).c_str(),
                 printable(job.url).c_str());
  }
  if (jobs.size() > k_shown_jobs)
    std::fprintf(stderr, "  and %zu more\n", jobs.size() - k_shown_jobs);
}

void refuse_same_file(const std::string& jobs, const std::string& output) {
  struct stat a {
  }, b{};
  if (stat(jobs.c_str(), &a) == 0 && stat(output.c_str(), &b) == 0 && a.st_dev == b.st_dev &&
      a.st_ino == b.st_ino)
    throw UsageError("-o: " + output + " is the jobs file itself");
}

}  // namespace

CheckProgress::CheckProgress(const RunFlags& flags)
    : name_(flags.jobs == "-" ? "standard input" : printable(flags.jobs)),
      progress_(Progress::style_for(flags.call.silent, false)) {}

JobFile::Each CheckProgress::each(JobFile::Each further) {
  return [this, further = std::move(further)](const Job& job) {
    if (further) further(job);
    if (++jobs_ % 256 == 0) progress_.show_check(name_, jobs_);
  };
}

int run_batch(const RunFlags& flags, JobSource& source, ResultFile& results,
              const NextCommand& next, const Interrupt& interrupt) {
  CallSetup setup = batch_setup(flags);
  ResultStyle style{.body_cap = size_of("--body-cap", flags.body_cap),
                    .secret_queries = setup.session.secret_query_names};
  style.secret_headers.insert(style.secret_headers.end(), flags.call.redact.begin(),
                              flags.call.redact.end());
  Session session = make_session(setup);
  const bool quiet = flags.call.silent;
  const CookieFile cookie_file(flags.call.cookies, session.cookies(), quiet);
  Progress progress(Progress::style_for(quiet, results.to_terminal()));
  std::string line;
  Batch batch(session, source,
              {.concurrency = flags.concurrency,
               .request = setup.options,
               .secret_queries = style.secret_queries},
              progress, [&](const InFlight& job, const Result<Response>& result) {
                const CallReport& report = result ? result->report() : result.error().report();
                line.clear();
                append_result(line, job, report, result ? &*result : result.error().response(),
                              style);
                results.write(line);
              });
  const auto start = std::chrono::steady_clock::now();
  try {
    batch.run(interrupt);
    results.close();
  } catch (const OutputError&) {
    progress.clear();
    say_untold(batch);
    throw;
  }
  if (!quiet || flags.call.show_error) {
    const std::string told =
        summary(batch, source, std::chrono::steady_clock::now() - start) + next(batch);
    std::fputs(told.c_str(), stderr);
  }
  if (!batch.source_error().empty()) throw UsageError(batch.source_error());
  if (interrupt.insisted().stop_requested()) return interrupt.exit_code();
  if (interrupt.happened() && !batch.exhausted()) return k_later;
  return batch.tally().exit_code();
}

int run_jobs(const RunFlags& flags, const Interrupt& interrupt) {
  if (flags.stream && flags.jobs != "-")
    throw UsageError("--stream: only for standard input (-); a file is checked first");
  if (flags.stream && flags.from_line != 1)
    throw UsageError("--from-line: not together with --stream");
  (void)batch_setup(flags);  // usage errors come before any work
  (void)size_of("--body-cap", flags.body_cap);
  make_room_for(flags.concurrency);
  if (!flags.output.empty()) refuse_same_file(flags.jobs, flags.output);

  std::unique_ptr<JobSource> source;
  const JobFile* file = nullptr;
  if (flags.stream) {
    source = std::make_unique<JobStream>(flags.save_jobs);
  } else {
    CheckProgress progress(flags);
    auto checked = std::make_unique<JobFile>(
        flags.jobs, JobFile::Options{.save = flags.save_jobs, .from_line = flags.from_line},
        interrupt, progress.each());
    file = checked.get();
    source = std::move(checked);
  }
  ResultFile results(flags.output, ResultFile::There::keep_as_bak);
  const std::string again = !flags.save_jobs.empty() ? flags.save_jobs
                            : flags.jobs == "-"      ? std::string()
                                                     : flags.jobs;
  const auto next = [&](const Batch& batch) {
    std::string text;
    const Tally& tally = batch.tally();
    const std::string out = results.path().empty() ? "RESULTS.jsonl" : shell_quoted(results.path());
    if (!batch.exhausted() && file != nullptr && !again.empty()) {
      text += fmt::format("  next: redial run {} --from-line {} -o NEW.jsonl\n",
                          shell_quoted(again), file->last_line() + 1);
    }
    if (tally.repeatable() > 0 && !again.empty()) {
      text += fmt::format("  next: redial retry {} {} --failed\n", shell_quoted(again), out);
    } else if (tally.repeatable() > 0) {
      text +=
          "  next time: --save-jobs FILE, so that `redial retry` can send the failed ones again\n";
    }
    if (tally.of(CallOutcome::in_doubt) > 0) {
      text += fmt::format(
          "  in doubt: find out which of these happened: jq -r 'select(.outcome==\"in_doubt\").id' "
          "{}\n",
          out);
    }
    return text;
  };
  return run_batch(flags, *source, results, next, interrupt);
}

}  // namespace redial::cli

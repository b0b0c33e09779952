#include "run_command.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>

#include <fmt/format.h>
#include <sys/resource.h>

#include "errors.hpp"
#include "exit_codes.hpp"
#include "shell_quoted.hpp"
#include "untold.hpp"

namespace redial::cli {
namespace {

using namespace std::chrono_literals;

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

[[noreturn]] void refuse_one_key(const std::string& given) {
  throw UsageError(given +
                   "; one key for all jobs would make them one: give each job its own `key`");
}

bool is_key_field(const std::string& name, const CallSetup& setup) {
  const auto is_named_by = [&](const Adapter& adapter) {
    return iequals(
        name, adapter.idempotency ? adapter.idempotency->header : setup.session.idempotency_header);
  };
  return is_named_by(setup.adapter) ||
         std::any_of(setup.routes.begin(), setup.routes.end(),
                     [&](const auto& route) { return is_named_by(route.second); });
}

CallSetup batch_setup(const RunFlags& flags) {
  CallSetup setup = make_setup(flags.call);
  refuse_hopeless_rate(flags, setup);
  if (!flags.call.idempotency_key.empty() && flags.call.idempotency_key != "auto")
    refuse_one_key("--idempotency-key: only auto");
  for (const auto& field : setup.options.headers) {
    if (is_key_field(field.name, setup)) refuse_one_key("-H " + field.name);
  }
  setup.session.share_cookies = false;
  if (!setup.options.cookies.empty() && setup.options.headers.contains("Cookie"))
    throw UsageError("-b: not together with -H Cookie; one would be lost");
  // What a job says beats what the flags say.
  for (const auto& field : setup.options.headers)
    setup.session.headers.add(field.name, field.value);
  setup.options.headers = {};
  if (setup.options.auth) setup.session.auth = std::exchange(setup.options.auth, std::nullopt);
  auto& idle = setup.session.wire.pool.idle_per_origin;
  idle = std::max(idle, flags.concurrency);
  // However many waits end at once.
  auto& in_use = setup.session.wire.pool.in_use_total;
  if (in_use == 0 || in_use > flags.concurrency) in_use = flags.concurrency;
  return setup;
}

// A policy's own pool is a wire of its own, which the others do not count in.
bool has_pools(const CallSetup& setup) {
  return setup.adapter.pool || std::any_of(setup.routes.begin(), setup.routes.end(),
                                           [](const auto& route) { return route.second.pool; });
}

Loops::Options loops_of(const RunFlags& flags) {
  const std::size_t processors = std::max(1U, std::thread::hardware_concurrency());
  const std::size_t first = flags.threads == 0 ? 1 : flags.threads;
  const std::size_t most = flags.threads == 0 ? processors : flags.threads;
  // One without a call would have nothing to do.
  return {.first = std::min(first, flags.concurrency), .most = std::min(most, flags.concurrency)};
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
    text += ", " + counted(tally.extra_sends(), tally.extra_sends() == 1 ? "request" : "requests") +
            " more than jobs (retries, redirects)";
  const std::chrono::duration<double> held = tally.held_back();
  if (held >= 50ms)
    text +=
        fmt::format("; held back for {:.1f} s in all, by --rate or a host's pause", held.count());
  text += '\n';
  for (const auto& reason : tally.top_reasons(3)) {
    text += fmt::format("  {} × {}: {}; for example {}{}\n", grouped(reason.count), reason.code,
                        reason.text, printable(reason.id), printable(reason.call));
  }
  return text;
}

void say_untold(const Batch& batch, const RunOutput& output) {
  auto jobs = batch.untold();
  const auto unwritten = output.unwritten();
  // One that is over and one that is under way are alike here: neither has a line.
  for (const InFlight* const job : unwritten) {
    const auto same = [job](const InFlight* other) { return other->seq == job->seq; };
    if (std::none_of(jobs.begin(), jobs.end(), same)) jobs.push_back(job);
  }
  std::fputs(untold_text(jobs, !unwritten.empty()).c_str(), stderr);
}

// Where hosts had a limit, jobs behind the ones that are left may have been sent: each is named.
std::string rest_flag(const LineRanges& left) {
  if (!left.is_rest()) return "--lines " + left.text();
  const std::string text = left.text();
  return "--from-line " + text.substr(0, text.size() - 1);
}

}  // namespace

LineRanges lines_of(const RunFlags& flags) {
  if (flags.from_line == 1 && flags.lines.empty()) return {};
  const char* const flag = flags.lines.empty() ? "--from-line" : "--lines";
  if (flags.stream) throw UsageError(std::string(flag) + ": not together with --stream");
  if (flags.lines.empty()) return LineRanges::from(flags.from_line);
  if (flags.from_line != 1) throw UsageError("--lines: not together with --from-line");
  try {
    return LineRanges(flags.lines);
  } catch (const std::invalid_argument& error) {
    throw UsageError("--lines: " + std::string(error.what()));
  }
}

CallSetup checked_setup(const RunFlags& flags) {
  if (flags.stream && flags.jobs != "-")
    throw UsageError("--stream: only for standard input (-); a file is checked first");
  CallSetup setup = batch_setup(flags);
  (void)size_of("--max-body", flags.max_body);
  make_room_for(flags.concurrency);
  RunOutput::check(output_of(flags, ResultFile::There::keep_as_bak));
  return setup;
}

CheckProgress::CheckProgress(const RunFlags& flags)
    : name_(flags.jobs == "-" ? "standard input" : printable(flags.jobs)),
      progress_(Progress::style_for(flags.call.silent, false)) {}

JobFile::Each CheckProgress::each(JobFile::Each further) {
  return [this, further = std::move(further)](const Job& job) {
    if (further) further(job);
    if (++jobs_ % 256 == 0) progress_.show_check(name_, jobs_);
  };
}

RunOutput::Options output_of(const RunFlags& flags, ResultFile::There there) {
  return {.jobs = flags.jobs,
          .kept = flags.results,
          .saved = flags.save_jobs,
          .results = flags.output,
          .attempts = flags.attempts_out,
          .there = there,
          .ordered = flags.ordered};
}

std::string next_line(const std::string& command, const RunFlags& flags,
                      const std::string& remark) {
  std::string said = flags.same_secrets.empty() ? "" : "with the same" + flags.same_secrets;
  if (!remark.empty()) said.append(said.empty() ? "" : "; ").append(remark);
  return "  next: redial " + command + flags.same_flags + (said.empty() ? "" : "  # " + said) +
         "\n";
}

std::string next_retry(const std::string& jobs, const std::string& results, const RunFlags& flags,
                       const Tally& tally) {
  if (tally.repeatable() == 0) return {};
  std::string remark;
  if (tally.not_before()) {
    if (tally.waiting() < tally.repeatable()) remark = grouped(tally.waiting()) + " of them ";
    remark += "not before ";
    append_utc(remark, *tally.not_before());
  }
  return next_line("retry " + shell_quoted(jobs) + flags.input.text() + " " + results + " --failed",
                   flags, remark);
}

int run_batch(const RunFlags& flags, JobSource& source, RunOutput& output, const NextCommand& next,
              const Interrupt& interrupt) {
  CallSetup setup = batch_setup(flags);
  ResultStyle style{.max_body = size_of("--max-body", flags.max_body),
                    .secret_queries = setup.session.secret_query_names};
  style.secret_headers.insert(style.secret_headers.end(), flags.call.redact.begin(),
                              flags.call.redact.end());
  const bool parks = !has_pools(setup);  // which the session takes
  Session session = make_session(setup);
  const bool quiet = flags.call.silent;
  const CookieFile cookie_file(flags.call.cookies, session.cookies(), quiet);
  Progress progress(Progress::style_for(quiet, output.to_terminal()));
  Batch batch(session, source,
              {.concurrency = flags.concurrency,
               .parks = parks,
               .loops = loops_of(flags),
               .per_host = flags.per_host == 0 ? flags.concurrency
                                               : std::min(flags.per_host, flags.concurrency),
               .fail_fast = flags.fail_fast,
               .may_start = [&](std::uint64_t seq) { return output.may_start(seq); },
               .held = [&] { return output.held(); },
               .request = setup.options,
               .secret_queries = style.secret_queries},
              progress, [&](const InFlight& job, const Result<Response>& result) {
                const CallReport& report = result ? result->report() : result.error().report();
                output.add(job, report, result ? &*result : result.error().response(), style);
              });
  const auto start = std::chrono::steady_clock::now();
  const bool tells = !quiet || flags.call.show_error;
  try {
    batch.run(interrupt);
    output.close();
  } catch (const OutputError&) {
    progress.clear();
    say_untold(batch, output);
    if (tells) std::fputs(next(batch).c_str(), stderr);
    throw;
  }
  if (tells) {
    const std::string told =
        summary(batch, source, std::chrono::steady_clock::now() - start) + next(batch);
    std::fputs(told.c_str(), stderr);
  }
  const int code = batch.tally().exit_code();
  if (!batch.source_error().empty()) {
    // Jobs were sent before that: what became of them is not to hide behind it.
    if (code != k_in_doubt && code != k_failed) throw UsageError(batch.source_error());
    std::fprintf(stderr, "redial: %s\n", batch.source_error().c_str());
    return code;
  }
  if (interrupt.insisted().stop_requested()) return interrupt.exit_code();
  if (interrupt.happened() && !batch.exhausted()) return code == k_in_doubt ? code : k_later;
  return code;
}

int run_jobs(const RunFlags& flags, const Interrupt& interrupt) {
  (void)checked_setup(flags);  // usage errors come before any work
  const LineRanges lines = lines_of(flags);
  JobFormat format(flags.input);
  std::unique_ptr<JobSource> source;
  const JobFile* file = nullptr;
  if (flags.stream) {
    source = std::make_unique<JobStream>(flags.save_jobs, std::move(format));
  } else {
    CheckProgress progress(flags);
    auto checked = std::make_unique<JobFile>(
        flags.jobs,
        JobFile::Options{.save = flags.save_jobs, .lines = lines, .format = std::move(format)},
        interrupt, progress.each());
    file = checked.get();
    source = std::move(checked);
  }
  RunOutput output(output_of(flags, ResultFile::There::keep_as_bak));
  const std::string again = !flags.save_jobs.empty() ? flags.save_jobs
                            : flags.jobs == "-"      ? std::string()
                                                     : flags.jobs;
  const auto next = [&](const Batch& batch) {
    std::string text;
    const Tally& tally = batch.tally();
    const std::string out = output.path().empty() ? "RESULTS.jsonl" : shell_quoted(output.path());
    if (batch.exhausted() && batch.last_line() == 0) {
      const std::string chosen = lines.text();
      text += fmt::format("  there is no job in {}{}; a job is a URL or a JSON object on a line\n",
                          flags.jobs == "-" ? "standard input" : printable(flags.jobs),
                          chosen == "1-" ? "" : ", lines " + chosen);
    }
    if (!batch.exhausted() && !again.empty()) {
      const std::uint64_t last = file != nullptr ? file->last_line() : batch.last_line();
      text += next_line("run " + shell_quoted(again) + flags.input.text() + " " +
                            rest_flag(lines_left(batch.unsent_lines(), last).within(lines)) +
                            " -o NEW.jsonl",
                        flags);
    }
    if (!again.empty() && output.is_readable()) {
      text += next_retry(again, out, flags, tally);
    } else if (again.empty() && tally.repeatable() > 0) {
      text +=
          "  next time: --save-jobs FILE, so that `redial retry` can send the failed ones again\n";
    }
    if (tally.of(CallOutcome::in_doubt) > 0 && output.is_readable()) {
      text += fmt::format(
          "  in doubt: find out which of these happened: jq -r 'select(.outcome==\"in_doubt\").id' "
          "{}\n",
          out);
    }
    return text;
  };
  return run_batch(flags, *source, output, next, interrupt);
}

}  // namespace redial::cli

#include "batch.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <stop_token>
#include <utility>

#include "errors.hpp"

namespace redial::cli {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::size_t k_parked_a_place = 8;

/// Who may wake the loop, for as long as it is there: also when a result cannot be written and the
/// batch is left by an exception.
class Wakes {
 public:
  Wakes(JobSource& source, const Interrupt& interrupt, const std::function<void()>& wake)
      : source_(source), interrupt_(interrupt) {
    source_.on_ready(wake);
    interrupt_.on_ask(wake);
  }
  Wakes(const Wakes&) = delete;
  Wakes& operator=(const Wakes&) = delete;
  ~Wakes() {
    source_.on_ready({});
    interrupt_.on_ask({});
  }

 private:
  JobSource& source_;
  const Interrupt& interrupt_;
};

}  // namespace

Batch::Batch(Session& session, JobSource& source, Options options, Progress& progress, Done done)
    : source_(source),
      options_(std::move(options)),
      request_(options_.request),
      progress_(progress),
      done_(std::move(done)),
      queue_(options_.per_host),
      loops_(session, options_.loops, [this](std::size_t slot, Result<Response> result) {
        finish(slot, std::move(result));
      }) {}

void Batch::run(const Interrupt& interrupt) {
  const auto wake = [this] { loops_.wake(); };
  const std::stop_callback first(interrupt.token(), wake);
  const std::stop_callback second(interrupt.insisted(), wake);
  const Wakes wakes(source_, interrupt, wake);
  bool cancelled = false;
  while (true) {
    const auto stopping = [&] {
      return interrupt.happened() || !source_error_.empty() || !failed_.empty();
    };
    while (!stopping() && has_place() && start_next()) {
    }
    if (loops_.size() == 0) {
      if (stopping() || exhausted()) break;
      source_.wait(100ms);
    }
    say_why(interrupt);
    if (interrupt.insisted().stop_requested() && !cancelled) {
      cancelled = true;
      loops_.cancel_all();
    }
    loops_.run(progress_.due());
    if (interrupt.asked()) progress_.tell(standing());
    if (Clock::now() >= progress_.due()) progress_.show(standing());
  }
  say_why(interrupt);
  progress_.clear();
}

bool Batch::has_place() {
  if (!options_.parks) return loops_.size() < options_.concurrency;
  const std::size_t parked = std::min(loops_.parked(), loops_.size());
  return loops_.size() - parked < options_.concurrency &&
         parked < k_parked_a_place * options_.concurrency;
}

// Once, when nothing more is begun.
void Batch::say_why(const Interrupt& interrupt) {
  if (told_ || (!interrupt.happened() && failed_.empty())) return;
  told_ = true;
  const std::size_t begun = loops_.size() - std::min(loops_.size(), loops_.waits().unbegun);
  loops_.cancel_unbegun();
  progress_.clear();
  if (interrupt.happened()) {
    std::fprintf(stderr,
                 "redial: finishing %zu calls in flight, no other is begun; Ctrl-C again to stop "
                 "them now\n",
                 begun);
  } else {
    std::fprintf(stderr,
                 "redial: --fail-fast: %s; no other job is begun, %zu calls in flight end\n",
                 failed_.c_str(), begun);
  }
}

Standing Batch::standing() {
  Waits waits = loops_.waits();
  return {.tally = &tally_,
          .sending = loops_.size() - std::min(loops_.size(), waits.all()),
          .waits = std::move(waits),
          .aside = queue_.size(),
          .full_host = queue_.fullest(),
          .held = options_.held ? options_.held() : 0,
          .total = source_.total()};
}

// False when there is nothing to start now.
bool Batch::start_next() {
  const ReadJob* const oldest = queue_.front();
  if (oldest == nullptr) return queue_.has_room() && read_next();
  if (options_.may_start && !options_.may_start(oldest->seq)) return false;
  begin(queue_.take());
  return true;
}

// False when there is nothing to read now.
bool Batch::read_next() {
  if (source_ended_) return false;
  std::optional<Job> job;
  const auto read_at = Clock::now();
  try {
    const JobSource::Next next = source_.next(job);
    if (next == JobSource::Next::job) {
      last_line_ = job->line;
      queue_.add({.job = *std::move(job), .seq = read_++, .read_at = read_at});
    }
    source_ended_ = next == JobSource::Next::end;
    return next == JobSource::Next::job;
  } catch (const UsageError& error) {
    source_error_ = error.what();
  }
  return false;
}

std::size_t Batch::free_slot() {
  if (free_.empty()) {
    slots_.emplace_back();
    return slots_.size() - 1;
  }
  const std::size_t slot = free_.back();
  free_.pop_back();
  return slot;
}

void Batch::begin(ReadJob read) {
  Job& job = read.job;
  const std::size_t slot = free_slot();
  InFlight& flying = slots_[slot].job;
  slots_[slot].used = true;
  slots_[slot].origin = std::move(read.origin);
  flying.line = job.line;
  flying.seq = read.seq;
  flying.id = std::move(job.id);
  flying.digest = job.digest;
  flying.meta = std::move(job.meta);
  flying.method = job.request.method;
  flying.url = job.request.url.redacted(options_.secret_queries);
  flying.started = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  flying.queued = Clock::now() - read.read_at;
  loops_.add(slot, request_.call_of(std::move(job)));
}

void Batch::finish(std::size_t slot, Result<Response> result) {
  Slot& ended = slots_[slot];
  queue_.ended(ended.origin);
  const CallReport& report = result ? result->report() : result.error().report();
  if (told_ && report.stop_reason == StopReason::cancelled && report.attempts.empty()) {
    given_up_.push_back(ended.job.line);
    return release(slot);
  }
  done_(ended.job, result);  // throws when the result cannot be written: the slot stays in use
  tally_.add(ended.job.id, report);
  if (options_.fail_fast && failed_.empty() && report.outcome != CallOutcome::ok) {
    failed_ = "job " + printable(ended.job.id) + " ended " +
              std::string(to_string(report.outcome)) + " (" + reason_code(report) + ")";
  }
  release(slot);
}

void Batch::release(std::size_t slot) {
  slots_[slot].used = false;
  free_.push_back(slot);
}

std::vector<std::uint64_t> Batch::unsent_lines() const {
  std::vector<std::uint64_t> lines = queue_.lines();
  lines.insert(lines.end(), given_up_.begin(), given_up_.end());
  std::sort(lines.begin(), lines.end());
  return lines;
}

bool Batch::exhausted() const {
  const auto total = source_.total();
  return queue_.size() == 0 && given_up_.empty() && (source_ended_ || (total && read_ >= *total));
}

std::vector<const InFlight*> Batch::untold() const {
  std::vector<const InFlight*> jobs;
  for (const auto& slot : slots_) {
    if (slot.used) jobs.push_back(&slot.job);
  }
  return jobs;
}

}  // namespace redial::cli

#include "batch.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <stop_token>
#include <utility>

#include "errors.hpp"
#include "session/call_group.hpp"

namespace redial::cli {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

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
    : session_(session),
      source_(source),
      options_(std::move(options)),
      progress_(progress),
      done_(std::move(done)) {}

void Batch::run(const Interrupt& interrupt) {
  detail::CallGroup group(session_);
  const auto wake = [&group] { group.wake(); };
  const std::stop_callback first(interrupt.token(), wake);
  const std::stop_callback second(interrupt.insisted(), wake);
  const Wakes wakes(source_, interrupt, wake);
  bool told = false;
  bool cancelled = false;
  while (true) {
    const bool stopping = interrupt.happened() || !source_error_.empty();
    while (!stopping && !exhausted_ && group.size() < options_.concurrency && start_next(group)) {
    }
    if (group.size() == 0) {
      if (stopping || exhausted_ || !source_error_.empty()) break;
      source_.wait(100ms);
    }
    if (interrupt.happened() && !told) {
      told = true;
      progress_.clear();
      std::fprintf(stderr,
                   "redial: finishing %zu calls in flight, nothing more is sent; Ctrl-C again to "
                   "stop them now\n",
                   group.size());
    }
    if (interrupt.insisted().stop_requested() && !cancelled) {
      cancelled = true;
      group.cancel_all();
    }
    group.run(progress_.due());
    if (interrupt.asked()) progress_.tell(standing(group));
    progress_.show(standing(group));
  }
  progress_.clear();
}

Standing Batch::standing(const detail::CallGroup& group) const {
  return {.tally = &tally_,
          .sending = group.size() - group.waiting(),
          .waiting = group.waiting(),
          .total = source_.total()};
}

// False when there is nothing to start now.
bool Batch::start_next(detail::CallGroup& group) {
  std::optional<Job> job;
  const auto read_at = Clock::now();
  try {
    switch (source_.next(job)) {
      case JobSource::Next::job:
        begin(group, *std::move(job), read_at);
        return true;
      case JobSource::Next::later:
        return false;
      case JobSource::Next::end:
        exhausted_ = true;
        return false;
    }
  } catch (const UsageError& error) {
    source_error_ = error.what();
  }
  return false;
}

void Batch::begin(detail::CallGroup& group, Job&& job, Clock::time_point read_at) {
  std::size_t slot = slots_.size();
  if (free_.empty()) {
    slots_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  InFlight& flying = slots_[slot].job;
  slots_[slot].used = true;
  RequestOptions options = job.options(options_.request);
  flying.line = job.line;
  flying.id = std::move(job.id);
  flying.meta = std::move(job.meta);
  flying.method = job.request.method;
  flying.url = job.request.url.redacted(options_.secret_queries);
  flying.started = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  flying.queued = Clock::now() - read_at;
  group.add(std::move(job.request), std::move(options),
            [this, slot](Result<Response> result) { finish(slot, std::move(result)); });
}

void Batch::finish(std::size_t slot, Result<Response> result) {
  Slot& ended = slots_[slot];
  done_(ended.job, result);  // throws when the result cannot be written: the slot stays in use
  tally_.add(ended.job.id, result ? result->report() : result.error().report());
  ended.used = false;
  free_.push_back(slot);
}

std::vector<const InFlight*> Batch::untold() const {
  std::vector<const InFlight*> jobs;
  for (const auto& slot : slots_) {
    if (slot.used) jobs.push_back(&slot.job);
  }
  return jobs;
}

}  // namespace redial::cli

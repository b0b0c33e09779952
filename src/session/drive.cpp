#include "session/drive.hpp"

#include <algorithm>
#include <utility>

namespace redial {
inline namespace v0 {
namespace detail {

namespace {

SteadyTime earlier(SteadyTime time, Duration span) {
  return time == SteadyTime::max() ? time : time - span;
}

}  // namespace

Drive::Drive(StepSource& call, DriveHost& host, std::stop_token stop, Pace pace)
    : call_(call), host_(host), stop_(std::move(stop)), skips_waits_(pace.skip_waits) {}

void Drive::change_clocks(SteadyTime before) {
  apart_ += before - host_.loop().now().steady;
}

// The call's time.
Now Drive::now() {
  Now time = host_.loop().now();
  time.steady = saturating_add(time.steady, skipped_ + apart_);
  time.wall = saturating_add(time.wall, skipped_);
  return time;
}

std::optional<SteadyTime> Drive::advance() {
  for (;;) {
    collect();
    if (!stop_told_ && (cancel_asked_ || stop_.stop_requested())) {
      stop_told_ = true;
      call_.cancel(now());
    }
    const Step step = call_.next(now());
    switch (step.kind) {
      case Step::Kind::send:
        start(step);
        break;
      case Step::Kind::cancel:
        for (Attempt* attempt = attempts_.get(); attempt != nullptr;
             attempt = attempt->next.get()) {
          if (attempt->under_way && attempt->number == step.attempt)
            host_.transport().cancel(host_.loop(), *attempt);
        }
        break;
      case Step::Kind::wait:
        if (step.pause && skips_waits_ && host_.loop().takes_real_time()) {
          skipped_ += std::max(step.until - now().steady, Duration::zero());
          break;
        }
        if (!is_sending()) attempts_.reset();  // a call that waits long holds nothing of them
        return earlier(step.until, skipped_ + apart_);
      case Step::Kind::finish:
        return std::nullopt;
    }
  }
}

bool Drive::is_sending() const noexcept {
  for (const Attempt* attempt = attempts_.get(); attempt != nullptr;
       attempt = attempt->next.get()) {
    if (attempt->under_way) return true;
  }
  return false;
}

// Hands over every outcome that has come in since.
void Drive::collect() {
  for (Attempt* attempt = attempts_.get(); attempt != nullptr; attempt = attempt->next.get()) {
    if (!attempt->under_way || !attempt->outcome) continue;
    attempt->under_way = false;
    Outcome outcome = std::move(*attempt->outcome);
    outcome.attempt = attempt->number;
    host_.judge(*attempt, outcome);
    call_.report(outcome, now());
    host_.settle(*attempt);
  }
}

void Drive::start(const Step& step) {
  Attempt& attempt = idle_attempt();
  attempt.number = step.attempt;
  attempt.limits = step.limits;
  attempt.limits.deadline = earlier(step.limits.deadline, skipped_ + apart_);
  attempt.outcome.reset();
  attempt.response = ReceivedResponse();
  if (const auto refused = host_.prepare(attempt)) {
    call_.abandon(*refused, now());
    return;
  }
  host_.transport().start(host_.loop(), attempt);
  attempt.under_way = true;  // one that could not be started is not
}

void Drive::abort() noexcept {
  for (Attempt* attempt = attempts_.get(); attempt != nullptr; attempt = attempt->next.get()) {
    if (attempt->under_way && !attempt->outcome) host_.transport().cancel(host_.loop(), *attempt);
  }
}

bool Drive::is_aborting() noexcept {
  for (Attempt* attempt = attempts_.get(); attempt != nullptr; attempt = attempt->next.get())
    attempt->under_way = attempt->under_way && !attempt->outcome;
  return is_sending();
}

Attempt& Drive::idle_attempt() {
  for (Attempt* attempt = attempts_.get(); attempt != nullptr; attempt = attempt->next.get()) {
    if (!attempt->under_way) return *attempt;
  }
  auto fresh = host_.make_attempt();
  fresh->next = std::move(attempts_);
  attempts_ = std::move(fresh);
  return *attempts_;
}

}  // namespace detail
}  // namespace v0
}  // namespace redial

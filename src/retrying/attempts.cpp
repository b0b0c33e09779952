#include <redial/retrying/attempts.hpp>

#include <exception>
#include <stdexcept>

#include <redial/retrying/retry_error.hpp>

namespace redial {
inline namespace v0 {

void BlockAttempt::begin() {
  if (settled_ || running_) {
    throw std::logic_error("redial::attempts: the attempt was already made in this round");
  }
  running_ = true;
}

void BlockAttempt::settle(const RetryOutcome& outcome) {
  running_ = false;
  settled_ = true;
  error_ = outcome.exception();
  failed_ = outcome.is_failure() || outcome.lacks_value();
  driver_->settle(outcome);
}

Attempts::Attempts(RetryOptions options)
    : options_(std::move(options)), driver_(options_), attempt_(driver_) {}
Attempts::~Attempts() = default;

Attempts::Iterator Attempts::begin() {
  advance();
  return Iterator(*this);
}

void Attempts::advance() {
  if (begun_ && !attempt_.settled_) {
    throw std::logic_error("redial::attempts: the round ended without its attempt");
  }
  begun_ = true;
  over_ = !driver_.next();
  if (!over_) return attempt_.start_round();
  if (attempt_.error_ && driver_.gave_up()) detail::rethrow_last(attempt_.error_);
  if (attempt_.error_) std::rethrow_exception(attempt_.error_);
  const bool rejected =
      driver_.gave_up() && (options_.rejected_value == RejectedValue::raises || !attempt_.settled_);
  if (rejected || attempt_.failed_) throw RetryError(driver_.report());
}

}  // namespace v0
}  // namespace redial

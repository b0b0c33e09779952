#pragma once

#include <cstddef>
#include <exception>
#include <iterator>
#include <type_traits>
#include <utility>

#include <redial/config.hpp>
#include <redial/policy/report.hpp>
#include <redial/retrying/driver.hpp>
#include <redial/retrying/retry_options.hpp>

namespace redial {
inline namespace v0 {

/// One round of a block that is retried.
///
/// Called with the block, exactly once a round; what the block throws or returns is judged, and
/// nothing of it comes out here: results leave it by its captures.
class REDIAL_EXPORT BlockAttempt {
 public:
  /// Throws std::logic_error when called a second time in a round.
  template <class Block>
  void operator()(Block&& block) {
    begin();
    using R = std::invoke_result_t<Block&>;
    try {
      if constexpr (std::is_void_v<R>) {
        run(block);
      } else {
        const std::remove_cvref_t<R> result = run(block);
        settle(RetryOutcome::returned(result));
        return;
      }
    } catch (...) {
      if (!running_) throw;  // a hook's, not the block's
      settle(RetryOutcome::threw(std::current_exception()));
      return;
    }
    settle({});
  }

  int number() const { return driver_->info().number; }
  /// Until the deadline.
  Duration remaining() const { return driver_->info().remaining; }

 private:
  friend class Attempts;
  explicit BlockAttempt(detail::RetryDriver& driver) : driver_(&driver) {}

  template <class Block>
  decltype(auto) run(Block& block) {
    const detail::RetryDriver::Running running(*driver_);
    return block();
  }
  void begin();
  void settle(const RetryOutcome& outcome);
  void start_round() {
    error_ = nullptr;
    settled_ = running_ = failed_ = false;
  }

  detail::RetryDriver* driver_;
  std::exception_ptr error_;  // what the block threw, or the error it returned
  bool settled_ = false;
  bool running_ = false;
  bool failed_ = false;
};

/// The rounds of a block that is not a function:
///
///     for (auto& attempt : redial::attempts(options)) attempt([&] { … });
///
/// The loop ends when a round is accepted. When it is given up, what the last round threw is
/// rethrown from the loop, or RetryError thrown for a value that was not accepted. Leaving the loop
/// early ends the call. Thread safety: none.
class REDIAL_EXPORT Attempts {
 public:
  explicit Attempts(RetryOptions options);
  Attempts(const Attempts&) = delete;
  Attempts& operator=(const Attempts&) = delete;
  ~Attempts();

  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = BlockAttempt;
    using difference_type = std::ptrdiff_t;
    using pointer = BlockAttempt*;
    using reference = BlockAttempt&;

    explicit Iterator(Attempts& attempts) : attempts_(&attempts) {}
    BlockAttempt& operator*() const { return attempts_->attempt_; }
    Iterator& operator++() {
      attempts_->advance();
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return attempts_->over_; }

   private:
    Attempts* attempts_;
  };

  Iterator begin();
  std::default_sentinel_t end() const { return {}; }
  /// Meaningful once the loop has ended.
  const CallReport& report() const { return driver_.report(); }

 private:
  void advance();

  RetryOptions options_;
  detail::RetryDriver driver_;
  BlockAttempt attempt_;
  bool begun_ = false;
  bool over_ = false;
};

inline Attempts attempts(RetryOptions options) {
  return Attempts(std::move(options));
}

}  // namespace v0
}  // namespace redial

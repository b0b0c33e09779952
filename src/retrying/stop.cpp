#include <redial/retrying/stop.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace redial {
inline namespace v0 {

/// One condition, or several joined.
class StopCondition::Node {
 public:
  virtual ~Node() = default;
  virtual StopReason reason(const RetryState& state) const = 0;
  virtual Count attempts() const { return Count::unlimited(); }
  virtual bool bounds_time() const { return false; }
  virtual bool interrupted() const { return false; }
  virtual void collect(std::vector<std::stop_token>& /*tokens*/) const {}
};

namespace {

using Conditions = std::vector<StopCondition>;

StopReason when(bool met, StopReason reason) {
  return met ? reason : StopReason::none;
}

void check_span(const char* name, Duration span) {
  if (span >= Duration::zero()) return;
  throw std::invalid_argument(std::string(name) + ": must not be negative");
}

class Asks final : public StopCondition::Node {
 public:
  explicit Asks(std::function<bool(const RetryState&)> condition)
      : condition_(std::move(condition)) {}
  StopReason reason(const RetryState& state) const override {
    return when(condition_(state), StopReason::stopped_by_caller);
  }

 private:
  std::function<bool(const RetryState&)> condition_;
};

class Never final : public StopCondition::Node {
 public:
  StopReason reason(const RetryState& /*state*/) const override { return StopReason::none; }
};

class AfterAttempt final : public StopCondition::Node {
 public:
  explicit AfterAttempt(int attempts) : attempts_(attempts) {}
  StopReason reason(const RetryState& state) const override {
    return when(state.attempt_number >= attempts_, StopReason::attempts_exhausted);
  }
  Count attempts() const override { return std::max(attempts_, 1); }

 private:
  int attempts_;
};

class AfterDelay final : public StopCondition::Node {
 public:
  explicit AfterDelay(Duration span) : span_(span) {}
  StopReason reason(const RetryState& state) const override {
    return when(state.elapsed >= span_, StopReason::deadline);
  }
  bool bounds_time() const override { return true; }

 private:
  Duration span_;
};

class BeforeDelay final : public StopCondition::Node {
 public:
  explicit BeforeDelay(Duration span) : span_(span) {}
  StopReason reason(const RetryState& state) const override {
    // elapsed + upcoming_sleep >= span, without a sum that could overflow.
    return when(state.upcoming_sleep >= span_ - std::min(state.elapsed, span_),
                StopReason::deadline);
  }
  bool bounds_time() const override { return true; }

 private:
  Duration span_;
};

class WhenStopped final : public StopCondition::Node {
 public:
  explicit WhenStopped(std::stop_token token) : token_(std::move(token)) {}
  StopReason reason(const RetryState& /*state*/) const override {
    return when(interrupted(), StopReason::cancelled);
  }
  bool interrupted() const override { return token_.stop_requested(); }
  void collect(std::vector<std::stop_token>& tokens) const override { tokens.push_back(token_); }

 private:
  std::stop_token token_;
};

class Joined : public StopCondition::Node {
 public:
  explicit Joined(Conditions conditions) : conditions_(std::move(conditions)) {}
  void collect(std::vector<std::stop_token>& tokens) const override {
    for (const auto& condition : conditions_) {
      for (auto& token : condition.tokens()) tokens.push_back(std::move(token));
    }
  }

 protected:
  Conditions conditions_;
};

class Any final : public Joined {
 public:
  using Joined::Joined;
  StopReason reason(const RetryState& state) const override {
    for (const auto& condition : conditions_) {
      if (const auto reason = condition.reason(state); reason != StopReason::none) return reason;
    }
    return StopReason::none;
  }
  Count attempts() const override {
    Count least = Count::unlimited();
    for (const auto& condition : conditions_) {
      const Count one = condition.attempts();
      if (one.is_number() && (least.is_unlimited() || one.number() < least.number())) least = one;
    }
    return least;
  }
  bool bounds_time() const override {
    return std::any_of(conditions_.begin(), conditions_.end(),
                       [](const auto& one) { return one.bounds_time(); });
  }
  bool interrupted() const override {
    return std::any_of(conditions_.begin(), conditions_.end(),
                       [](const auto& one) { return one.interrupted(); });
  }
};

class All final : public Joined {
 public:
  using Joined::Joined;
  StopReason reason(const RetryState& state) const override {
    StopReason last = StopReason::none;
    for (const auto& condition : conditions_) {
      last = condition.reason(state);
      if (last == StopReason::none) return StopReason::none;
    }
    return last;
  }
  Count attempts() const override {
    Count most = 0;
    for (const auto& condition : conditions_) {
      const Count one = condition.attempts();
      if (one.is_unlimited()) return one;
      if (one.number() > most.number()) most = one;
    }
    return most;
  }
  bool bounds_time() const override {
    return std::all_of(conditions_.begin(), conditions_.end(),
                       [](const auto& one) { return one.bounds_time(); });
  }
  bool interrupted() const override {
    return std::all_of(conditions_.begin(), conditions_.end(),
                       [](const auto& one) { return one.interrupted(); });
  }
};

template <class Node, class... Args>
StopCondition made(Args... args) {
  return StopCondition(
      std::shared_ptr<const StopCondition::Node>(std::make_shared<Node>(std::move(args)...)));
}

template <class Node>
StopCondition joined(const char* name, Conditions conditions) {
  if (conditions.empty()) throw std::invalid_argument(std::string(name) + ": needs a condition");
  return made<Node>(std::move(conditions));
}

}  // namespace

StopCondition::StopCondition(std::function<bool(const RetryState&)> condition)
    : node_(std::make_shared<Asks>(std::move(condition))) {}

StopReason StopCondition::reason(const RetryState& state) const {
  return node_->reason(state);
}
Count StopCondition::attempts() const {
  return node_->attempts();
}
bool StopCondition::bounds_time() const {
  return node_->bounds_time();
}
bool StopCondition::interrupted() const {
  return node_->interrupted();
}
std::vector<std::stop_token> StopCondition::tokens() const {
  std::vector<std::stop_token> tokens;
  node_->collect(tokens);
  return tokens;
}

StopCondition operator|(StopCondition one, StopCondition other) {
  return stop::any({std::move(one), std::move(other)});
}
StopCondition operator&(StopCondition one, StopCondition other) {
  return stop::all({std::move(one), std::move(other)});
}

namespace stop {

StopCondition after_attempt(int attempts) {
  if (attempts < 0) throw std::invalid_argument("stop::after_attempt: must not be negative");
  return made<AfterAttempt>(attempts);
}
StopCondition after_delay(Duration span) {
  check_span("stop::after_delay", span);
  return made<AfterDelay>(span);
}
StopCondition before_delay(Duration span) {
  check_span("stop::before_delay", span);
  return made<BeforeDelay>(span);
}
StopCondition when_stopped(std::stop_token token) {
  return made<WhenStopped>(std::move(token));
}
StopCondition never() {
  return made<Never>();
}
StopCondition any(std::vector<StopCondition> conditions) {
  return joined<Any>("stop::any", std::move(conditions));
}
StopCondition all(std::vector<StopCondition> conditions) {
  return joined<All>("stop::all", std::move(conditions));
}

}  // namespace stop

}  // namespace v0
}  // namespace redial

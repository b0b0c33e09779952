#include <redial/retrying/driver.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <random>
#include <stdexcept>
#include <utility>

#include <redial/policy/call.hpp>
#include <redial/policy/pace.hpp>

#include "observe/observation.hpp"
#include "retrying/describe.hpp"
#include "retrying/nesting.hpp"

// No rule stands here: the options become the decisions of a `Policy`, a `Call` takes them, and
// this driver tells it what came of each attempt and waits as it says.

namespace redial {
inline namespace v0 {
namespace detail {
namespace {

Uniform fresh_draw(Pace pace) {
  if (pace.jitter_seed != 0) return Uniform(pace.jitter_seed);
  static std::atomic<std::uint64_t> seed{[] {
    std::random_device device;
    return (std::uint64_t{device()} << 32) | device();
  }()};
  return Uniform(seed.fetch_add(0x9e3779b97f4a7c15ULL, std::memory_order_relaxed));
}

Duration deadline_of(const RetryOptions& options) {
  if (options.deadline) {
    if (*options.deadline > Duration::zero()) return *options.deadline;
    throw std::invalid_argument(
        "RetryOptions.deadline: must be positive (redial::k_unlimited switches it off)");
  }
  return options.stop.bounds_time() ? k_unlimited : k_default_deadline;
}

// Who names what is worth another attempt says that repeating it is harmless.
constexpr CallTraits k_repeatable{.declared = true};

}  // namespace

void rethrow_last(const std::exception_ptr& thrown) {
  const auto cause = is_a<TryAgain>(thrown) ? cause_of(thrown) : nullptr;
  std::rethrow_exception(cause ? cause : thrown);
}

class RetryDriver::State {
 public:
  State(const RetryOptions& given, const ResultTypes* types)
      : options(given),
        clock(given.clock ? given.clock : real_clock()),
        tokens(given.stop.tokens()),
        pace(given.enabled ? current_pace() : Pace{}),
        draw(given.draw ? *given.draw : fresh_draw(pace)),
        nested(given.enabled ? note_nested_retries(given.name, given.stop.attempts())
                             : std::nullopt),
        policy(retry(), timeouts(), decisions()),
        started(now()),
        call(policy, k_repeatable, started, draw) {
    if (types != nullptr && given.enabled) given.retry_if.check(*types);
    state.name = given.name;
    state.attempt_number = 0;
    if (given.enabled) observation.watch(given.observer.get());
    if (observation.active()) {
      const Count all = attempts();
      observation.begin("retry", {.route = given.name},
                        all.is_unlimited() ? all : Count(all.number() - 1));
    }
  }

  ~State() { leave(); }

  void leave() noexcept {
    if (over) return;
    try {
      abandon();
    } catch (...) {  // there is nobody left to tell
    }
  }

  bool stood_down() const { return nested && nested->stood_down; }
  Count attempts() const {
    return !options.enabled || stood_down() ? Count(1) : options.stop.attempts();
  }

  /// The call's time: waits that were skipped have passed on it.
  Now now() const {
    Now time = clock->now();
    time.steady = saturating_add(time.steady, skipped);
    time.wall = saturating_add(time.wall, skipped);
    return time;
  }

  RetryStep step();
  void settle(const RetryOutcome& outcome);

  const RetryOptions& options;
  std::shared_ptr<Clock> clock;
  std::vector<std::stop_token> tokens;
  Pace pace;
  Duration skipped{};
  Uniform draw;
  std::optional<NestedRetries> nested;  // of this call within another
  std::optional<NestedRetries> within;  // of others within this call
  std::optional<RetryScope> scope;
  RetryState state;
  Policy policy;
  const Now started;
  Call call;
  Observation observation;
  CallReport report;
  SteadyTime deadline = SteadyTime::max();
  std::optional<SteadyTime> resting_since;
  SteadyTime rest_until{};  // on the clock
  bool again = true;        // what the last attempt's judgement was
  bool under_way = false;   // an attempt has started and is not decided about
  bool ran = false;         // the callable was entered in it
  bool over = false;

 private:
  Retry retry() const;
  Timeouts timeouts() const;
  Decisions decisions();
  Outcome judge();
  void look(Now time);
  bool must_rest();
  void rested();
  void abandon();
  void finish();
};

Retry RetryDriver::State::retry() const {
  Retry retry;
  retry.total = stood_down() ? Count(0) : Count::unlimited();  // stop conditions count
  retry.backoff_factor = Duration::zero();                     // wait strategies wait
  retry.backoff_jitter = Jitter::none();
  return paced(std::move(retry), pace);
}

Timeouts RetryDriver::State::timeouts() const {
  return {.connect = k_unlimited,
          .attempt = k_unlimited,
          .idle = k_unlimited,
          .deadline = deadline_of(options)};
}

Decisions RetryDriver::State::decisions() {
  return {.again = [](const AttemptView& view) { return view.outcome.asks_again; },
          .wait = [this](const AttemptView&,
                         Duration hinted) { return std::max(options.wait(state, draw), hinted); },
          .stop =
              [this](const AttemptView&, Duration wait) {
                state.upcoming_sleep = wait;
                return options.stop.reason(state);
              }};
}

void RetryDriver::State::look(Now time) {
  state.now = time;
  state.elapsed = time.steady - started.steady;
}

RetryStep RetryDriver::State::step() {
  if (over) return RetryStep::over;
  if (resting_since) rested();
  const bool first = call.attempts() == 0;
  if (first && options.enabled && options.stop.interrupted()) call.cancel(now());
  for (;;) {
    const Step step = call.next(now());
    switch (step.kind) {
      case Step::Kind::send:
        deadline = step.limits.deadline;
        state.attempt_number = step.attempt;
        state.upcoming_sleep = {};
        ran = false;
        look(now());
        if (options.enabled && options.before) options.before(state);
        under_way = true;
        if (observation.active()) observation.attempt_started(call.last_attempt(), state.now);
        return RetryStep::attempt;
      case Step::Kind::wait:
        rest_until = step.until - skipped;
        if (must_rest()) return RetryStep::rest;
        break;
      case Step::Kind::cancel:  // only for attempts under way, and here none is
      case Step::Kind::finish:
        finish();
        return RetryStep::over;
    }
  }
}

// False: the time has passed already, on a clock that is not the machine's.
bool RetryDriver::State::must_rest() {
  const SteadyTime before = now().steady;
  resting_since = before;
  if (options.clock != nullptr) {
    clock->wait_until(rest_until, tokens);
  } else if (pace.skip_waits) {
    skipped += std::max(rest_until + skipped - before, Duration::zero());
  } else {
    return true;
  }
  rested();
  return false;
}

void RetryDriver::State::rested() {
  const Now after = now();
  state.idle_for += std::max(after.steady - *resting_since, Duration::zero());
  resting_since.reset();
  if (std::none_of(tokens.begin(), tokens.end(),
                   [](const auto& token) { return token.stop_requested(); })) {
    return;
  }
  look(after);
  if (options.stop(state)) return call.cancel(after);
  tokens.clear();  // one of several conditions that must all be met: no reason to wake again
}

// The callable's outcome as the engine sees one. A failure proves nothing about what was done, a
// returned value or a hint does.
Outcome RetryDriver::State::judge() {
  const RetryOutcome& came = state.outcome;
  again = options.enabled && (is_a<TryAgain>(came.exception()) || options.retry_if(state));
  Outcome outcome{.attempt = call.attempts(), .evidence = Evidence::responded, .asks_again = again};
  if (again && options.hint) outcome.retry_after = options.hint(state);
  if (came.is_failure() && !outcome.retry_after) outcome.evidence = Evidence::maybe;
  if (!came.is_failure() && !again) return outcome;
  outcome.fault = Fault::failed;
  if (came.exception()) {
    outcome.detail = describe(came.exception());
  } else {
    outcome.detail = came.lacks_value() ? "it returned no value" : "its result was not accepted";
  }
  return outcome;
}

void RetryDriver::State::settle(const RetryOutcome& outcome) {
  state.outcome = outcome;
  look(now());
  const Outcome judged = judge();
  if (again && options.after) options.after(state);
  call.report(judged, state.now);
  under_way = false;
  if (observation.active()) observation.attempt_decided(call.last_attempt(), state.now);
  if (call.finished()) return finish();
  if (options.before_sleep) options.before_sleep(state);
}

// The caller's code left, perhaps in the middle of an attempt: who was told of its start hears of
// its end.
void RetryDriver::State::abandon() {
  const Now time = now();
  if (!under_way) {
    call.abandon(StopReason::cancelled, time);
    return finish();
  }
  call.cancel(time);
  if (!call.finished()) {
    call.report({.attempt = call.attempts(),
                 .evidence = ran ? Evidence::maybe : Evidence::not_sent,
                 .fault = Fault::cancelled,
                 .detail = "the call was left by an exception"},
                time);
  }
  if (observation.active()) observation.attempt_decided(call.last_attempt(), time);
  finish();
}

void RetryDriver::State::finish() {
  over = true;
  report = call.make_report();
  report.method = "retry";
  report.url = options.name;
  report.nested = within ? within : nested;
  if (observation.active()) observation.finished(report, now());
  if (options.report != nullptr) *options.report = report;
  if (options.on_finish) options.on_finish(report);
}

RetryDriver::RetryDriver(const RetryOptions& options, const ResultTypes* types)
    : state_(std::make_unique<State>(options, types)) {}
RetryDriver::~RetryDriver() = default;

bool RetryDriver::next() {
  for (;;) {
    const RetryStep step = state_->step();
    if (step != RetryStep::rest) return step == RetryStep::attempt;
    state_->clock->wait_until(state_->rest_until, state_->tokens);
  }
}
RetryStep RetryDriver::step() {
  return state_->step();
}
SteadyTime RetryDriver::rest_until() const {
  return state_->rest_until;
}
const std::vector<std::stop_token>& RetryDriver::wake() const {
  return state_->tokens;
}
void RetryDriver::leave() noexcept {
  state_->leave();
}
void RetryDriver::cancel() {
  state_->call.cancel(state_->now());
}
void RetryDriver::enter() {
  state_->ran = true;
}
void RetryDriver::settle(const RetryOutcome& outcome) {
  state_->settle(outcome);
}

AttemptInfo RetryDriver::info() const {
  AttemptInfo info{.number = state_->state.attempt_number};
  if (state_->deadline != SteadyTime::max()) {
    info.remaining = std::max(state_->deadline - state_->now().steady, Duration::zero());
  }
  return info;
}

bool RetryDriver::gave_up() const {
  return state_->over && state_->again;
}
const RetryState& RetryDriver::state() const {
  return state_->state;
}
const CallReport& RetryDriver::report() const {
  return state_->report;
}

RetryStatistics RetryDriver::statistics() const {
  return {.start_time = state_->started.wall,
          .attempt_number = state_->call.attempts(),
          .idle_for = state_->state.idle_for,
          .delay_since_first_attempt = state_->state.elapsed};
}

RetryDriver::Running::Running(RetryDriver& driver) : driver_(driver) {
  State& state = *driver.state_;
  driver.enter();
  state.scope.emplace(state.options.name, state.attempts(), state.options.nested);
}
RetryDriver::Running::~Running() {
  State& state = *driver_.state_;
  if (state.scope->within()) state.within = state.scope->within();
  state.scope.reset();
}

}  // namespace detail
}  // namespace v0
}  // namespace redial

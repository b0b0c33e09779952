#include <redial/testing/scripted_transport.hpp>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <utility>

namespace redial {
inline namespace v0 {
namespace testing {
namespace {

Evidence usual_evidence(Fault fault) {
  if (fault == Fault::none) return Evidence::responded;
  switch (cause_of(fault)) {
    case Cause::connect:
    case Cause::other:
      return Evidence::not_sent;
    case Cause::read:
      return Evidence::maybe;
    case Cause::body:
      return Evidence::responded;
    default:
      break;
  }
  switch (fault) {
    case Fault::body_too_large:
    case Fault::sink_failed:
      return Evidence::responded;
    case Fault::upload_failed:
    case Fault::deadline:
      return Evidence::maybe;
    default:
      return Evidence::not_sent;
  }
}

BodyVerdict verdict_of(Fault fault) {
  switch (fault) {
    case Fault::body_cut:
      return BodyVerdict::cut;
    case Fault::body_undecodable:
      return BodyVerdict::undecodable;
    case Fault::body_too_large:
      return BodyVerdict::too_large;
    case Fault::sink_failed:
      return BodyVerdict::sink_failed;
    default:
      return BodyVerdict::whole;
  }
}

std::string read_all(const Body& body) {
  std::string content;
  const auto reader = body.open();
  char piece[4096];
  while (const std::size_t count = reader->read(piece, sizeof piece)) content.append(piece, count);
  return content;
}

}  // namespace

Scripted Scripted::answer(int status, Headers headers, std::string body) {
  Scripted attempt;
  attempt.status = status;
  attempt.headers = std::move(headers);
  attempt.body = std::move(body);
  return attempt;
}

Scripted Scripted::failing(Fault fault) {
  Scripted attempt;
  attempt.fault = fault;
  attempt.evidence = usual_evidence(fault);
  return attempt;
}

// Events in the order of their time; `run` moves the clock to the next one, or to the end of the
// wait.
class ScriptedTransport::Loop final : public EventLoop {
 public:
  explicit Loop(std::shared_ptr<FakeClock> clock) : clock_(std::move(clock)) {}

  Now now() override { return clock_->now(); }

  void run(SteadyTime until) override {
    if (woken_.exchange(false)) return;
    const auto next = std::min_element(events_.begin(), events_.end(),
                                       [](const Event& a, const Event& b) { return a.at < b.at; });
    if (next == events_.end() || next->at > until) {
      if (until == SteadyTime::max())
        throw std::logic_error("ScriptedTransport: a wait that nothing can end");
      return idle_to(until);
    }
    move_to(next->at);
    Event event = std::move(*next);
    events_.erase(next);
    finish(event);
  }

  void wake() noexcept override { woken_ = true; }
  bool takes_real_time() const noexcept override { return false; }

  void add(SteadyTime at, Exchange& exchange, Scripted script, Fault limit) {
    events_.push_back({at, &exchange, std::move(script), limit});
  }

  void cancel(Exchange& exchange) {
    for (auto& event : events_) {
      if (event.exchange != &exchange) continue;
      event.at = now().steady;
      event.limit = Fault::cancelled;
    }
  }

 private:
  struct Event {
    SteadyTime at;
    Exchange* exchange;
    Scripted script;
    Fault limit;  // set: this ended it instead of what the script says
  };

  void move_to(SteadyTime time) {
    const Now at = now();
    if (time > at.steady) clock_->advance(time - at.steady);
  }

  // Nothing is under way: what passes now is a wait between attempts.
  void idle_to(SteadyTime time) {
    const Now at = now();
    if (!events_.empty()) return move_to(time);
    if (time > at.steady) clock_->wait(time - at.steady);
  }

  static void finish(Event& event) {
    Outcome outcome;
    outcome.evidence = event.script.evidence;
    outcome.fault = event.script.fault;
    outcome.connection_reused = event.script.connection_reused;
    if (event.limit != Fault::none) {
      outcome.fault = event.limit;
      // A scripted answer that had not come yet leaves it open whether the request was processed.
      if (outcome.evidence == Evidence::responded) outcome.evidence = Evidence::maybe;
      return event.exchange->finished(std::move(outcome));
    }
    if (outcome.evidence == Evidence::responded) answer(event, outcome);
    event.exchange->finished(std::move(outcome));
  }

  static void answer(Event& event, Outcome& outcome) {
    ReceivedResponse& response = event.exchange->response;
    response.status = event.script.status;
    response.headers = std::move(event.script.headers);
    outcome.status = response.status;
    outcome.body = verdict_of(outcome.fault);
    Exchange::Sink* const sink = event.exchange->head(response);
    if (sink == nullptr) {
      response.body = std::move(event.script.body);
    } else if (!sink->write(event.script.body)) {
      outcome.fault = Fault::sink_failed;
      outcome.body = BodyVerdict::sink_failed;
    }
  }

  std::shared_ptr<FakeClock> clock_;
  std::atomic<bool> woken_{false};
  std::vector<Event> events_;
};

ScriptedTransport::ScriptedTransport(std::shared_ptr<FakeClock> clock) : clock_(std::move(clock)) {}
ScriptedTransport::~ScriptedTransport() = default;

ScriptedTransport& ScriptedTransport::then(Scripted attempt) {
  const std::lock_guard lock(mutex_);
  script_.push_back(std::move(attempt));
  return *this;
}

ScriptedTransport& ScriptedTransport::otherwise(
    std::function<Scripted(const SentRequest&)> answer) {
  const std::lock_guard lock(mutex_);
  otherwise_ = std::move(answer);
  return *this;
}

std::vector<SentRequest> ScriptedTransport::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::size_t ScriptedTransport::left() const {
  const std::lock_guard lock(mutex_);
  return script_.size();
}

std::shared_ptr<EventLoop> ScriptedTransport::lease() {
  return std::make_shared<Loop>(clock_);
}

Scripted ScriptedTransport::take(const SentRequest& request) {
  const std::lock_guard lock(mutex_);
  requests_.push_back(request);
  if (!script_.empty()) {
    Scripted attempt = std::move(script_.front());
    script_.pop_front();
    return attempt;
  }
  if (otherwise_) return otherwise_(request);
  throw std::logic_error("ScriptedTransport: " + request.method + " " + request.url.redacted() +
                         " is not in the script");
}

void ScriptedTransport::start(EventLoop& loop, Exchange& exchange) {
  SentRequest request{.method = std::string(exchange.method),
                      .url = *exchange.url,
                      .headers = *exchange.headers,
                      .body = {},
                      .chunked = !exchange.body->length().has_value(),
                      .fresh_connection = exchange.fresh_connection,
                      .limits = exchange.limits,
                      .at = clock_->elapsed()};
  request.body = read_all(*exchange.body);
  Scripted script = take(request);

  const SteadyTime begin = clock_->now().steady;
  const bool unsent = script.evidence == Evidence::not_sent;
  const Duration limit = unsent ? exchange.limits.connect : exchange.limits.attempt;
  const SteadyTime natural =
      script.never_ends ? SteadyTime::max() : saturating_add(begin, script.takes);
  const SteadyTime limited = std::min(saturating_add(begin, limit), exchange.limits.deadline);
  const Fault what = limited == exchange.limits.deadline ? Fault::deadline
                     : unsent                            ? Fault::connect_timeout
                                                         : Fault::attempt_timeout;
  const bool in_time = natural <= limited;
  static_cast<Loop&>(loop).add(in_time ? natural : limited, exchange, std::move(script),
                               in_time ? Fault::none : what);
}

void ScriptedTransport::cancel(EventLoop& loop, Exchange& exchange) {
  static_cast<Loop&>(loop).cancel(exchange);
}

}  // namespace testing
}  // namespace v0
}  // namespace redial

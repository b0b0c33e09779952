#include "testing/scripted_loop.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include <redial/testing/sent_request.hpp>

namespace redial {
inline namespace v0 {
namespace testing {
namespace {

BodyVerdict verdict_of(Fault fault) {
  switch (fault) {
    case Fault::none:
      return BodyVerdict::whole;
    case Fault::body_undecodable:
      return BodyVerdict::undecodable;
    case Fault::body_mismatch:
      return BodyVerdict::mismatch;
    case Fault::body_too_large:
      return BodyVerdict::too_large;
    case Fault::sink_failed:
      return BodyVerdict::sink_failed;
    default:
      return BodyVerdict::cut;  // by the peer, or by a limit of ours
  }
}

// RFC 9112 §6.3: whatever the head says.
bool has_no_body(std::string_view method, int status) {
  return method == "HEAD" || status == 204 || status == 304;
}

constexpr Duration sum(Duration a, Duration b) {
  return a > k_unlimited - b ? k_unlimited : a + b;
}

// An answer that tells the request apart from one that was acted on. A 408 over a connection that
// stays open may be about the time before it.
bool was_turned_away(const Outcome& outcome) {
  if (outcome.status == 408 && outcome.connection_reused && !outcome.closes) return false;
  return proves_not_processed(outcome.status, outcome.sent_expect);
}

// As the wire takes it.
bool expects_continue(const Exchange& exchange) {
  return !exchange.body->absent() &&
         iequals(exchange.headers->get("Expect").value_or(""), "100-continue");
}

// A phase that ends by itself moves all the while.
constexpr Duration idle_bound(const AttemptLimits& limits, Duration takes) {
  return takes == k_unlimited ? limits.idle : k_unlimited;
}

}  // namespace

void ScriptedLoop::move_to(SteadyTime time) {
  const SteadyTime at = now().steady;
  if (time > at) clock_->advance(time - at);
}

void ScriptedLoop::run(SteadyTime until) {
  if (woken_.exchange(false)) return;
  const auto next = std::min_element(events_.begin(), events_.end(),
                                     [](const Event& a, const Event& b) { return a.at < b.at; });
  if (next != events_.end() && next->at <= until && next->at != SteadyTime::max()) {
    move_to(next->at);
    // Phases that take no time are no events of their own.
    while (!advance(*next))
      if (next->at > now().steady) return;
    Event event = std::move(*next);
    events_.erase(next);
    return finish(event);
  }
  if (until == SteadyTime::max())
    throw std::logic_error("ScriptedTransport: a wait that nothing can end");
  if (!events_.empty()) return move_to(until);
  // Nothing is under way: what passes now is a wait between attempts.
  const SteadyTime at = now().steady;
  if (until > at) clock_->wait(until - at);
}

void ScriptedLoop::add(Exchange& exchange, Scripted script, std::function<void()> left) {
  if (script.never_ends) script.takes = k_unlimited;
  Event& event = events_.emplace_back(
      Event{.exchange = &exchange, .script = std::move(script), .left = std::move(left)});
  enter(event, Phase::connecting);
  // What takes no time is over already, but for the answer: nothing is told from inside `start`.
  while (event.phase < Phase::head && event.at == now().steady && event.limit == Fault::none &&
         event.script.evidence != Evidence::not_sent)
    advance(event);
}

void ScriptedLoop::cancel(Exchange& exchange) {
  for (auto& event : events_) {
    if (event.exchange != &exchange) continue;
    event.at = now().steady;
    event.limit = Fault::cancelled;
  }
}

// When the phase ends, by its own time or by a limit.
void ScriptedLoop::enter(Event& event, Phase phase) {
  const Scripted& script = event.script;
  const AttemptLimits& limits = event.exchange->limits;
  const SteadyTime begin = now().steady;
  const bool never_sent = script.evidence == Evidence::not_sent;
  Duration takes{};
  Duration bound = limits.attempt;
  Fault limit = Fault::attempt_timeout;
  switch (phase) {
    case Phase::connecting:
      takes = never_sent ? sum(script.connecting_takes, script.takes) : script.connecting_takes;
      bound = limits.connect;
      limit = Fault::connect_timeout;
      break;
    case Phase::sending:
      event.begun = begin;
      takes = script.sending_takes;
      if (event.exchange->body->streamed()) {
        bound = idle_bound(limits, takes);
        limit = Fault::idle_timeout;
      }
      break;
    case Phase::head:
      if (event.exchange->body->streamed()) event.begun = begin;
      takes = script.takes;
      break;
    case Phase::body:
      takes = script.body_takes;
      if (event.sink != nullptr) {
        bound = idle_bound(limits, takes);
        limit = Fault::idle_timeout;
      }
      break;
  }
  const SteadyTime bounded =
      saturating_add(limit == Fault::attempt_timeout ? event.begun : begin, bound);
  const SteadyTime ends = std::min(bounded, limits.deadline);
  const SteadyTime natural = saturating_add(begin, takes);
  event.phase = phase;
  event.limit = Fault::none;
  event.at = natural;
  if (natural > ends || (takes == k_unlimited && ends != SteadyTime::max())) {
    event.at = ends;
    event.limit = ends == limits.deadline ? Fault::deadline : limit;
  }
}

// The phase is over. True when the attempt is, too.
bool ScriptedLoop::advance(Event& event) {
  if (event.limit != Fault::none) return true;
  const Evidence evidence = event.script.evidence;
  switch (event.phase) {
    case Phase::connecting:
      if (evidence == Evidence::not_sent) return true;
      enter(event, Phase::sending);
      return false;
    case Phase::sending:
      enter(event, Phase::head);
      return false;
    case Phase::head:
      if (evidence != Evidence::responded) return true;
      receive_head(event);
      enter(event, Phase::body);
      return false;
    case Phase::body:
      return true;
  }
  return true;
}

void ScriptedLoop::receive_head(Event& event) const {
  Exchange& exchange = *event.exchange;
  ReceivedResponse& response = exchange.response;
  response.status = event.script.status;
  response.reason = event.script.reason;
  response.headers = std::move(event.script.headers);
  event.sink = exchange.head(response);
}

void ScriptedLoop::finish(Event& event) {
  Scripted& script = event.script;
  Exchange& exchange = *event.exchange;
  Outcome outcome;
  outcome.connection_reused = script.connection_reused;
  if (event.phase != Phase::body) {
    const bool cut_short = event.limit != Fault::none;
    outcome.fault = cut_short ? event.limit : script.fault;
    outcome.evidence = event.phase == Phase::connecting ? Evidence::not_sent
                       : cut_short                      ? Evidence::maybe
                                                        : script.evidence;
    if (!cut_short) {
      outcome.os_error = script.os_error;
      outcome.detail = std::move(script.detail);
    }
    if (outcome.evidence == Evidence::maybe) event.left();
    return exchange.finished(std::move(outcome));
  }
  outcome.evidence = Evidence::responded;
  outcome.status = exchange.response.status;
  outcome.sent_expect = expects_continue(exchange);
  outcome.closes = iequals(exchange.response.headers.get("Connection").value_or(""), "close");
  if (!was_turned_away(outcome)) event.left();
  outcome.fault = script.fault;
  outcome.body = verdict_of(script.fault);
  outcome.os_error = script.os_error;
  outcome.detail = std::move(script.detail);
  std::string body = has_no_body(exchange.method, outcome.status) ? "" : std::move(script.body);
  if (body.size() > exchange.receive.body_bytes) {
    body.resize(static_cast<std::size_t>(exchange.receive.body_bytes));
    outcome.fault = Fault::body_too_large;
    outcome.body = BodyVerdict::too_large;
    outcome.detail = "refused while it arrived";
  }
  if (event.limit != Fault::none) {
    body.clear();
    outcome.fault = event.limit;
    outcome.body = BodyVerdict::cut;
  }
  if (event.sink == nullptr) {
    exchange.response.body = std::move(body);
  } else if (!body.empty() && !event.sink->write(body)) {
    outcome.fault = Fault::sink_failed;
    outcome.body = BodyVerdict::sink_failed;
  }
  exchange.response.trailers = std::move(script.trailers);
  exchange.finished(std::move(outcome));
}

}  // namespace testing
}  // namespace v0
}  // namespace redial

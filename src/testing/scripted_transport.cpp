#include <redial/testing/scripted_transport.hpp>

#include <algorithm>
#include <deque>
#include <utility>

#include "testing/history.hpp"
#include "testing/scripted_loop.hpp"

namespace redial {
inline namespace v0 {
namespace testing {
namespace {

constexpr std::size_t k_nearest = 3;

// Why it could not be read whole, or nothing.
std::optional<std::string> read_all(const Body& body, std::string& content) {
  try {
    const auto reader = body.open();
    char piece[4096];
    while (const std::size_t count = reader->read(piece, sizeof piece))
      content.append(piece, count);
  } catch (const std::exception& error) {
    return error.what();
  }
  return std::nullopt;
}

}  // namespace

// All but the history: with the history's mutex held.
struct ScriptedTransport::Script {
  struct Objection {
    const Rule* rule;
    std::vector<std::string> reasons;
    // Another body for the same route is nearer than another route, however many fields differ.
    auto distance(const SentRequest& request) const {
      return std::pair(rule->match_.route_mismatches(request), reasons.size());
    }
  };

  Rule* take_in_order(const SentRequest& request, std::vector<Objection>& objections) const;
  Rule* take_newest(const SentRequest& request, std::vector<Objection>& objections) const;
  std::string explain(const SentRequest& request, std::vector<Objection> objections) const;
  Rule::Compute edited(Rule::Compute compute) const;

  std::shared_ptr<Rule::History> history = std::make_shared<Rule::History>();
  std::vector<std::unique_ptr<Rule>> rules;
  std::deque<Scripted> queue;
  Rule::Compute otherwise;
  std::function<void(const SentRequest&, Scripted&)> edit;
  std::vector<std::string> unmatched;
  bool ordered = false;
};

// The next rule in turn; one whose answers may be left over may be passed over.
Rule* ScriptedTransport::Script::take_in_order(const SentRequest& request,
                                               std::vector<Objection>& objections) const {
  for (const auto& rule : rules) {
    if (rule->unused() == 0) continue;
    auto reasons = rule->match_.mismatches(request);
    if (reasons.empty()) return rule.get();
    objections.push_back({rule.get(), std::move(reasons)});
    if (!rule->optional_) break;
  }
  return nullptr;
}

Rule* ScriptedTransport::Script::take_newest(const SentRequest& request,
                                             std::vector<Objection>& objections) const {
  for (auto rule = rules.rbegin(); rule != rules.rend(); ++rule) {
    auto reasons = (*rule)->objections(request);
    if (reasons.empty()) return rule->get();
    objections.push_back({rule->get(), std::move(reasons)});
  }
  return nullptr;
}

std::string ScriptedTransport::Script::explain(const SentRequest& request,
                                               std::vector<Objection> objections) const {
  std::string text = "ScriptedTransport: " + request.method + " " + request.url.redacted() +
                     " is not in the script";
  if (rules.empty()) return text;
  if (objections.empty()) return text + ": every rule is used up";
  std::stable_sort(objections.begin(), objections.end(), [&](const auto& a, const auto& b) {
    return a.distance(request) < b.distance(request);
  });
  text += ordered ? "; the next in order:" : "; the nearest rules:";
  for (std::size_t i = 0; i < std::min(objections.size(), k_nearest); ++i) {
    text += "\n  " + objections[i].rule->description();
    for (const auto& reason : objections[i].reasons) text += "\n    " + reason;
  }
  if (objections.size() > k_nearest)
    text += "\n  and " + std::to_string(objections.size() - k_nearest) + " more";
  return text;
}

Rule::Compute ScriptedTransport::Script::edited(Rule::Compute compute) const {
  if (!edit) return compute;
  return [compute = std::move(compute), change = edit](const SentRequest& request) {
    Scripted attempt = compute(request);
    change(request, attempt);
    return attempt;
  };
}

ScriptedTransport::ScriptedTransport(std::shared_ptr<FakeClock> clock)
    : clock_(std::move(clock)), script_(std::make_unique<Script>()) {}
ScriptedTransport::~ScriptedTransport() = default;

Rule& ScriptedTransport::on(Match match) {
  const std::lock_guard lock(script_->history->mutex);
  auto& rules = script_->rules;
  rules.push_back(
      std::unique_ptr<Rule>(new Rule(std::move(match), rules.size(), script_->history)));
  return *rules.back();
}

ScriptedTransport& ScriptedTransport::then(Scripted attempt) {
  const std::lock_guard lock(script_->history->mutex);
  script_->queue.push_back(std::move(attempt));
  return *this;
}

ScriptedTransport& ScriptedTransport::otherwise(Rule::Compute answer) {
  const std::lock_guard lock(script_->history->mutex);
  script_->otherwise = answer ? shared(std::move(answer)) : nullptr;
  return *this;
}

ScriptedTransport& ScriptedTransport::edit_answers(
    std::function<void(const SentRequest&, Scripted&)> edit) {
  const std::lock_guard lock(script_->history->mutex);
  script_->edit = edit ? shared(std::move(edit)) : nullptr;
  return *this;
}

ScriptedTransport& ScriptedTransport::in_order() {
  const std::lock_guard lock(script_->history->mutex);
  script_->ordered = true;
  return *this;
}

std::vector<SentRequest> ScriptedTransport::requests() const {
  return script_->history->select([](const auto&) { return true; });
}

std::vector<SentRequest> ScriptedTransport::requests(const Match& match) const {
  return script_->history->select([&](const auto& entry) { return match.matches(entry.request); });
}

std::optional<SentRequest> ScriptedTransport::last_request() const {
  auto all = requests();
  if (all.empty()) return std::nullopt;
  return std::move(all.back());
}

void ScriptedTransport::forget_requests() {
  const std::lock_guard lock(script_->history->mutex);
  script_->history->entries.clear();
}

std::size_t ScriptedTransport::left() const {
  const std::lock_guard lock(script_->history->mutex);
  return script_->queue.size();
}

std::vector<std::string> ScriptedTransport::problems() const {
  const std::lock_guard lock(script_->history->mutex);
  std::vector<std::string> found = script_->unmatched;
  for (const auto& rule : script_->rules) {
    if (rule->optional_ || rule->unused() == 0) continue;
    found.push_back(rule->description() + ": " + std::to_string(rule->unused()) + " of " +
                    std::to_string(rule->answers()) + " answers were never asked for");
  }
  if (!script_->queue.empty())
    found.push_back(std::to_string(script_->queue.size()) +
                    " attempts queued by then() were never asked for");
  return found;
}

std::shared_ptr<EventLoop> ScriptedTransport::lease() {
  return std::make_shared<ScriptedLoop>(clock_);
}

// Records the request and finds what answers it.
Rule::Compute ScriptedTransport::choose(const SentRequest& request, std::size_t& number) {
  Script& script = *script_;
  Rule::History& history = *script.history;
  const std::lock_guard lock(history.mutex);
  number = history.add(request);
  std::vector<Script::Objection> objections;
  Rule* const rule = script.ordered ? script.take_in_order(request, objections)
                                    : script.take_newest(request, objections);
  if (rule != nullptr) {
    history.entries.back().rule = rule->number_;
    return script.edited(rule->next());
  }
  if (!script.queue.empty()) {
    Scripted attempt = std::move(script.queue.front());
    script.queue.pop_front();
    return script.edited([attempt = std::move(attempt)](const SentRequest&) { return attempt; });
  }
  if (script.otherwise) return script.edited(script.otherwise);
  script.unmatched.push_back(script.explain(request, std::move(objections)));
  throw UnmatchedRequest(script.unmatched.back());
}

void ScriptedTransport::start(EventLoop& loop, Exchange& exchange) {
  SentRequest request{.method = std::string(exchange.method),
                      .url = *exchange.url,
                      .headers = *exchange.headers,
                      .body = {},
                      .chunked = !exchange.body->length().has_value(),
                      .fresh_connection = exchange.fresh_connection,
                      .proxy = exchange.proxy == nullptr ? "" : exchange.proxy->url.origin(),
                      .limits = exchange.limits,
                      .at = clock_->elapsed(),
                      .tls = *exchange.tls};
  std::size_t number = 0;
  Scripted attempt;
  if (const auto why = read_all(*exchange.body, request.body)) {
    const std::lock_guard lock(script_->history->mutex);
    number = script_->history->add(request);
    attempt = Scripted::failing(Fault::upload_failed);
    attempt.detail = *why;
  } else {
    // Computed outside the lock: it may ask this transport what was sent so far.
    attempt = choose(request, number)(request);
  }
  static_cast<ScriptedLoop&>(loop).add(
      exchange, std::move(attempt),
      [history = script_->history, number] { history->mark_left(number); });
}

void ScriptedTransport::cancel(EventLoop& loop, Exchange& exchange) {
  static_cast<ScriptedLoop&>(loop).cancel(exchange);
}

}  // namespace testing
}  // namespace v0
}  // namespace redial

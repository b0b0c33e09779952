#include <redial/observe/observer.hpp>

#include <array>
#include <atomic>
#include <exception>
#include <utility>

#include "observe/observation.hpp"

namespace redial {
inline namespace v0 {
namespace {

// "100" to "599", made once: reasons are views that live for ever.
struct StatusNames {
  constexpr StatusNames() {
    for (std::size_t i = 0; i < text.size(); ++i) {
      const auto status = static_cast<int>(i) + 100;
      text[i] = {static_cast<char>('0' + status / 100), static_cast<char>('0' + status / 10 % 10),
                 static_cast<char>('0' + status % 10)};
    }
  }
  std::array<std::array<char, 3>, 900> text{};
};
constexpr StatusNames k_status_names;

// What an observer throws ends here: watching never harms what is watched.
template <class Event>
void shielded(Observer& observer, const Event& event) noexcept {
  try {
    event(observer);
  } catch (...) {  // NOLINT(bugprone-empty-catch): by contract
  }
}

}  // namespace

Observer::~Observer() = default;
void Observer::attempt_started(const CallView&, const AttemptReport&, Now) {}
void Observer::attempt_finished(const CallView&, const AttemptReport&, Now) {}
void Observer::retry_scheduled(const CallView&, const AttemptReport&, Now) {}
void Observer::attempt_held(const CallView&, const Hold&, Now) {}
void Observer::call_finished(const CallView&, const CallReport&, Now) {}

Observers::Observers(std::vector<std::shared_ptr<Observer>> observers)
    : observers_(std::move(observers)) {
  std::erase(observers_, nullptr);
}
Observers::~Observers() = default;

void Observers::attempt_started(const CallView& call, const AttemptReport& attempt, Now now) {
  for (const auto& one : observers_)
    shielded(*one, [&](Observer& observer) { observer.attempt_started(call, attempt, now); });
}
void Observers::attempt_finished(const CallView& call, const AttemptReport& attempt, Now now) {
  for (const auto& one : observers_)
    shielded(*one, [&](Observer& observer) { observer.attempt_finished(call, attempt, now); });
}
void Observers::retry_scheduled(const CallView& call, const AttemptReport& attempt, Now now) {
  for (const auto& one : observers_)
    shielded(*one, [&](Observer& observer) { observer.retry_scheduled(call, attempt, now); });
}
void Observers::attempt_held(const CallView& call, const Hold& hold, Now now) {
  for (const auto& one : observers_)
    shielded(*one, [&](Observer& observer) { observer.attempt_held(call, hold, now); });
}
void Observers::call_finished(const CallView& call, const CallReport& report, Now now) {
  for (const auto& one : observers_)
    shielded(*one, [&](Observer& observer) { observer.call_finished(call, report, now); });
}

std::string_view retry_reason(const AttemptReport& attempt) noexcept {
  if (attempt.fault != Fault::none) return to_string(attempt.fault);
  if (attempt.status >= 400 && attempt.status < 1000) {
    const auto& text = k_status_names.text[static_cast<std::size_t>(attempt.status - 100)];
    return {text.data(), text.size()};
  }
  return attempt.decision == Decision::retry ? "predicate" : "";
}

namespace detail {

void Observation::Place::set(std::string_view new_method, const Endpoint& endpoint) {
  method = new_method;
  scheme = endpoint.scheme;
  host = endpoint.host;
  route = endpoint.route;
  port = endpoint.port;
}

void Observation::watch(Observer* first, Observer* second) noexcept {
  observers_ = {first, second == first ? nullptr : second};
  if (observers_[0] == nullptr) std::swap(observers_[0], observers_[1]);
}

void Observation::begin(std::string_view method, const Endpoint& endpoint, Count allowance) {
  static std::atomic<std::uint64_t> calls{0};
  id_ = calls.fetch_add(1, std::memory_order_relaxed) + 1;
  allowance_ = allowance;
  first_.set(method, endpoint);
  current_ = first_;
}

void Observation::move_to(std::string_view method, const Endpoint& endpoint) {
  current_.set(method, endpoint);
}

CallView Observation::view(const Place& place) const noexcept {
  return {.id = id_,
          .method = place.method,
          .endpoint = {.scheme = place.scheme,
                       .host = place.host,
                       .port = place.port,
                       .route = place.route},
          .allowance = allowance_,
          .retries = retries_};
}

template <class Event>
void Observation::tell(Event event) noexcept {
  for (Observer* const observer : observers_) {
    if (observer != nullptr) shielded(*observer, event);
  }
}

void Observation::attempt_started(const AttemptReport& attempt, Now now) noexcept {
  last_ = now;
  in_attempt_ = true;
  const CallView call = view(current_);
  tell([&](Observer& observer) { observer.attempt_started(call, attempt, now); });
}

void Observation::attempt_decided(const AttemptReport& attempt, Now now) noexcept {
  last_ = now;
  in_attempt_ = false;
  const bool again = attempt.decision == Decision::retry;
  if (again) ++retries_;
  const CallView call = view(current_);
  tell([&](Observer& observer) { observer.attempt_finished(call, attempt, now); });
  if (again) tell([&](Observer& observer) { observer.retry_scheduled(call, attempt, now); });
}

void Observation::attempt_held(const Hold& hold, Now now) noexcept {
  if (hold.attempt <= held_) return;
  held_ = hold.attempt;
  last_ = now;
  const CallView call = view(current_);
  tell([&](Observer& observer) { observer.attempt_held(call, hold, now); });
}

void Observation::finished(const CallReport& report, Now now) noexcept {
  if (over_) return;
  over_ = true;
  const CallView call = view(first_);
  tell([&](Observer& observer) { observer.call_finished(call, report, now); });
}

}  // namespace detail
}  // namespace v0
}  // namespace redial

#include "testing/rules.hpp"

#include <functional>

#include "testing/channel.hpp"

namespace redial {
inline namespace v0 {
namespace testing {
namespace {

// splitmix64: one number in, one that looks random out.
constexpr std::uint64_t mixed(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31U);
}

template <class T>
bool is_within(T at, T from, T until, T period, T zero) {
  if (period > zero) {
    const T first = from;
    if (at < first) return false;
    return (at - first) % period < until - from;
  }
  return at >= from && at < until;
}

bool carries(const RecordedRequest& request, const std::string& field) {
  const auto colon = field.find(':');
  const auto begin = colon == std::string::npos ? colon : field.find_first_not_of(' ', colon + 1);
  const std::string wanted = begin == std::string::npos ? "" : field.substr(begin);
  return request.header(field.substr(0, colon)) == wanted;
}

}  // namespace

bool is_route(std::string_view route, std::string_view method, std::string_view target) {
  if (route.empty()) return true;
  const auto space = route.find(' ');
  if (space != std::string_view::npos) {
    if (route.substr(0, space) != method) return false;
    route.remove_prefix(space + 1);
  }
  return route == target.substr(0, target.find('?'));
}

Strikes::Strikes(When when, std::uint64_t seed, std::size_t place)
    : when_(std::move(when)), seed_(mixed(seed ^ mixed(place))) {}

bool Strikes::at(const RecordedRequest& request, std::uint64_t identity, Duration age) {
  if (!is_route(when_.route, request.method, request.target)) return false;
  if (!when_.header.empty() && !carries(request, when_.header)) return false;
  ++seen_;
  if (request.on_connection < when_.first_on_connection) return false;
  return strikes(seen_, identity, age);
}

bool Strikes::at_connection(int number, Duration age) {
  return strikes(number, static_cast<std::uint64_t>(number), age);
}

bool Strikes::strikes(int number, std::uint64_t identity, Duration age) {
  using std::chrono::milliseconds;
  if (when_.every > 0 && number % when_.every != 0) return false;
  if (const auto& span = when_.requests;
      span && !is_within(number, span->from, span->until, span->period, 0))
    return false;
  if (const auto& span = when_.time;
      span && !is_within<milliseconds>(std::chrono::duration_cast<milliseconds>(age), span->from,
                                       span->until, span->period, milliseconds{}))
    return false;
  const double drawn = static_cast<double>(mixed(seed_ ^ identity) >> 11U) * 0x1.0p-53;
  if (drawn >= when_.probability) return false;
  if (when_.at_most > 0 && struck_ >= when_.at_most) return false;
  ++struck_;
  return true;
}

Occasions::Occasions(RuleOptions given)
    : options(std::move(given)), born_(options.clock->now().steady) {}

std::uint64_t Occasions::identify(RecordedRequest& request, bool wanted) {
  request.id = request.header(options.id_header);
  ++requests_;
  if (request.id.empty() || !wanted) return mixed(requests_);
  const std::uint64_t hash = std::hash<std::string>{}(request.id);
  return mixed(hash) + came_[hash]++;
}

void Keys::judge(RecordedRequest& request, Reply& reply) {
  request.key = request.header(rules_.header);
  if (!reply.acts || !request.complete) return;
  // How it is delivered stays as it is: what strikes this request strikes this answer.
  const auto content = [&reply](Reply from) {
    reply.status = from.status;
    reply.reason = std::move(from.reason);
    reply.headers = std::move(from.headers);
    reply.body = std::move(from.body);
  };
  const auto refuse = [&](int status, const char* reason) {
    reply.raw.clear();
    content({.status = status, .reason = reason});
  };
  if (request.key.empty() && rules_.required) return refuse(400, "Key Required");
  if (request.key.empty() || !rules_.honoured) {
    request.acted = true;
    return;
  }
  const SteadyTime now = clock_->now().steady;
  auto known = known_.find(request.key);
  if (known != known_.end()) {
    Entry& entry = known->second;
    const bool forgotten = (rules_.forgets_after > 0 && entry.later >= rules_.forgets_after) ||
                           (rules_.ttl.count() > 0 && now - entry.first >= rules_.ttl);
    if (forgotten) {
      known_.erase(known);
      known = known_.end();
    }
  }
  if (known == known_.end()) {
    request.acted = true;
    known_[request.key] = {.answer = reply,
                           .body = rules_.compares_payloads ? request.body : std::string(),
                           .later = 0,
                           .first = now};
    return;
  }
  Entry& entry = known->second;
  ++entry.later;
  if (rules_.compares_payloads && entry.body != request.body) return refuse(422, "Key Reused");
  if (entry.later <= rules_.in_progress) return refuse(409, "In Progress");
  content(entry.answer);
  reply.headers.emplace_back("Idempotent-Replayed", "true");
  request.replayed = true;
}

}  // namespace testing
}  // namespace v0
}  // namespace redial

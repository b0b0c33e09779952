#include "redial_client.hpp"

#include <chrono>
#include <future>
#include <memory>
#include <utility>

#include <redial/async.hpp>
#include <redial/redial.hpp>

namespace campaign {
namespace {

using namespace redial;
using namespace std::chrono_literals;

constexpr std::size_t k_retries = 3;

SessionOptions options_of(const Place& place) {
  SessionOptions options{.trust_env = false, .keep_cookies = false};
  options.wire.lookup = look_up;
  options.wire.pool.idle_per_origin = place.round.size;
  // A Retry-After of an hour is for the call that got it: the rest are to go on.
  options.pause_hosts = false;
  return options;
}

Adapter adapter_of(const Place& place, const WireOptions& wire, std::optional<Guard> guard) {
  Adapter adapter{.max_retries = {.total = k_retries}, .timeouts = {.attempt = 1s}};
  adapter.tls.ca_file = place.ca_file;
  take_out(guard, adapter.max_retries);
  if (guard) adapter.transport = without(guard, make_wire(wire));
  return adapter;
}

RequestOptions options_of(const Order& order, std::optional<Guard> guard) {
  RequestOptions options{.headers = {{"X-Request-Id", order.id}}, .body = order.body};
  if (order.keyed) options.idempotency_key = IdempotencyKey(order.key);
  take_out(guard, options);
  return options;
}

Told told_of(CallReport report, std::string_view body, const Order& order,
             std::optional<Guard> guard) {
  take_out(guard, report);
  Told told{.outcome = report.outcome,
            .resend = report.resend,
            .status = report.status(),
            .right_answer = body == answer_to(order.id)};
  for (const AttemptReport& attempt : report.attempts) {
    const bool unsent =
        attempt.evidence == Evidence::not_sent || attempt.evidence == Evidence::refused;
    unsent ? ++told.unsent : ++told.sends;
    if (unsent && attempt.decision == Decision::stop && report.attempts.size() <= k_retries)
      told.gave_up_unsent = true;
  }
  return told;
}

Told told_of(const Result<Response>& result, const Order& order, std::optional<Guard> guard) {
  if (result) return told_of(result->report(), result->body(), order, guard);
  return told_of(result.error().report(), {}, order, guard);
}

class Blocking final : public Client {
 public:
  Blocking(const Place& place, std::optional<Guard> guard)
      : place_(place), guard_(guard), session_(options_of(place)) {
    const Adapter adapter = adapter_of(place, options_of(place).wire, guard);
    session_.mount("http://", adapter);
    session_.mount("https://", adapter);
  }
  bool reports() const override { return true; }
  Told call(const Order& order, std::size_t) override {
    return told_of(session_.try_post(place_.url(order), options_of(order, guard_)), order, guard_);
  }

 private:
  const Place place_;
  const std::optional<Guard> guard_;
  Session session_;
};

AsyncOptions asynchronously(const Place& place) {
  AsyncOptions options;
  options.session = options_of(place);
  return options;
}

class Asynchronous final : public Client {
 public:
  Asynchronous(const Place& place, std::optional<Guard> guard)
      : place_(place), guard_(guard), session_(asynchronously(place)) {
    const Adapter adapter = adapter_of(place, options_of(place).wire, guard);
    session_.mount("http://", adapter);
    session_.mount("https://", adapter);
  }
  bool reports() const override { return true; }
  Told call(const Order& order, std::size_t) override {
    const auto end = std::make_shared<std::promise<Result<Response>>>();
    session_.send(Request::post(place_.url(order)).options(options_of(order, guard_)),
                  [end](Result<Response> result) { end->set_value(std::move(result)); });
    return told_of(end->get_future().get(), order, guard_);
  }

 private:
  const Place place_;
  const std::optional<Guard> guard_;
  AsyncSession session_;
};

}  // namespace

MakeClient blocking(std::optional<Guard> without) {
  return [without](const Place& place) { return std::make_unique<Blocking>(place, without); };
}

MakeClient asynchronous(std::optional<Guard> without) {
  return [without](const Place& place) { return std::make_unique<Asynchronous>(place, without); };
}

}  // namespace campaign

#include <future>
#include <memory>
#include <utility>

#include <redial/async.hpp>
#include <redial/redial.hpp>

#include "driver.hpp"

namespace conformance {
namespace {

using namespace redial;
using namespace std::chrono_literals;
using campaign::Guard;

SessionOptions options_of(const ClientSpec& spec) {
  // What a host says to one cell is not told to the call after it: each looks at the wire alone.
  SessionOptions options{.trust_env = false, .pause_hosts = false, .draw = Uniform(1)};
  if (!spec.proxy.empty()) options.proxies = {{"all", spec.proxy}};
  options.wire.lookup = spec.lookup;
  return options;
}

AsyncOptions asynchronously(const ClientSpec& spec) {
  AsyncOptions options;
  options.session = options_of(spec);
  return options;
}

template <class AnySession>
void mount(AnySession& session, const ClientSpec& spec, std::optional<Guard> guard) {
  Adapter adapter{
      .max_retries = {.total = spec.retries, .backoff_factor = 1ms, .backoff_max = 2ms},
      .timeouts = {.connect = spec.connect, .attempt = spec.attempt, .idle = 20s, .deadline = 30s}};
  campaign::take_out(guard, adapter.max_retries);
  if (guard) adapter.transport = campaign::without(guard, make_wire(options_of(spec).wire));
  session.mount("http://", adapter);
  adapter.tls.ca_file = spec.ca_file;
  session.mount("https://", adapter);
}

RequestOptions options_of(const CallSpec& spec, std::optional<Guard> guard) {
  RequestOptions options{.headers = {{"X-Request-Id", spec.id}}};
  if (spec.body) options.body = *spec.body;
  if (spec.keyed)
    options.idempotency_key =
        spec.key.empty() ? IdempotencyKey::automatic() : IdempotencyKey(spec.key);
  if (!spec.shard.empty()) options.headers.set("X-Shard", spec.shard);
  if (spec.expects) options.headers.set("Expect", "100-continue");
  options.max_body = spec.max_body;
  campaign::take_out(guard, options);
  return options;
}

Played played(const Result<Response>& result, std::optional<Guard> guard) {
  Played played;
  played.report = result ? result->report() : result.error().report();
  campaign::take_out(guard, played.report);
  played.answered = result.has_value();
  if (result) played.body = result->body();
  return played;
}

Result<Response> sent(AsyncSession& session, Request request) {
  auto end = std::make_shared<std::promise<Result<Response>>>();
  auto result = end->get_future();
  session.send(std::move(request),
               [end](Result<Response> answer) { end->set_value(std::move(answer)); });
  return result.get();
}

}  // namespace

Driver blocking_driver(std::optional<Guard> without) {
  return [without](const ClientSpec& spec) -> Call {
    auto session = std::make_shared<Session>(options_of(spec));
    mount(*session, spec, without);
    return [session, without](const CallSpec& call) {
      return played(session->try_request(call.method, call.url, options_of(call, without)),
                    without);
    };
  };
}

Driver async_driver(std::optional<Guard> without) {
  return [without](const ClientSpec& spec) -> Call {
    auto session = std::make_shared<AsyncSession>(asynchronously(spec));
    mount(*session, spec, without);
    return [session, without](const CallSpec& call) {
      Request request(call.method, call.url);
      request.options(options_of(call, without));
      return played(sent(*session, std::move(request)), without);
    };
  };
}

}  // namespace conformance

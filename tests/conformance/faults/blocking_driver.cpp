#include <memory>
#include <utility>

#include <redial/redial.hpp>

#include "driver.hpp"

namespace conformance {
namespace {

using namespace redial;
using namespace std::chrono_literals;

std::shared_ptr<Session> session_of(const ClientSpec& spec) {
  // What a host says to one cell is not told to the call after it: each looks at the wire alone.
  SessionOptions options{.trust_env = false, .pause_hosts = false, .draw = Uniform(1)};
  if (!spec.proxy.empty()) options.proxies = {{"all", spec.proxy}};
  options.wire.lookup = spec.lookup;
  auto session = std::make_shared<Session>(std::move(options));
  Adapter adapter{
      .max_retries = {.total = spec.retries, .backoff_factor = 1ms, .backoff_max = 2ms},
      .timeouts = {.connect = spec.connect, .attempt = spec.attempt, .idle = 20s, .deadline = 30s}};
  session->mount("http://", adapter);
  adapter.tls.ca_file = spec.ca_file;
  session->mount("https://", adapter);
  return session;
}

Played play(Session& session, const CallSpec& spec) {
  RequestOptions options{.headers = {{"X-Request-Id", spec.id}}};
  if (spec.body) options.body = *spec.body;
  if (spec.keyed) options.idempotency_key = IdempotencyKey::automatic();
  if (spec.expects) options.headers.set("Expect", "100-continue");
  options.max_body = spec.max_body;
  Result<Response> result = session.try_request(spec.method, spec.url, std::move(options));
  if (!result) return {.report = result.error().report(), .answered = false, .body = {}};
  return {.report = result->report(), .answered = true, .body = std::string(result->body())};
}

}  // namespace

Driver blocking_driver() {
  return [](const ClientSpec& spec) -> Call {
    return [session = session_of(spec)](const CallSpec& call) { return play(*session, call); };
  };
}

}  // namespace conformance

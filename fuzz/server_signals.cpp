// What servers say beside their status: any bytes in the fields are a hint within bounds or
// nothing, and never change what the answer itself was.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <redial/http/headers.hpp>
#include <redial/http/problem.hpp>
#include <redial/http/rate_limit.hpp>
#include <redial/http/retry_after.hpp>

#include "http/server_signals.hpp"
#include "http/structured_fields.hpp"

using namespace redial;

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

void check(const std::optional<Duration>& hint) {
  check(!hint || (*hint >= Duration::zero() && *hint <= k_retry_after_ceiling));
}

}  // namespace

// The first byte chooses the status; then lines "Name: value".
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  constexpr int statuses[] = {200, 302, 403, 409, 429, 500, 502, 503};
  const int status = statuses[bytes[0] % 8];
  std::string_view text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  (void)parse_problem(text);
  (void)detail::parse_structured_item(text);
  (void)detail::parse_structured_list(text);
  (void)detail::parse_structured_dictionary(text);

  Headers headers;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto colon = line.find(": ");
    if (colon == std::string_view::npos) continue;
    headers.add_received(std::string(line.substr(0, colon)), std::string(line.substr(colon + 2)));
  }
  const WallTime now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24}};
  Outcome outcome{.evidence = Evidence::responded, .status = status};
  detail::read_server_signals(headers, now, Signals::harmless(), outcome);
  check(outcome.status == status && outcome.evidence == Evidence::responded &&
        outcome.fault == Fault::none && !outcome.proved_unsent && !outcome.asks_again);
  check(outcome.retry_after);
  check(outcome.quota_resets);
  if (const auto quota = rate_limit_of(headers, now)) {
    check(quota->resets_in);
    check(quota->window);
    check(!quota->remaining || *quota->remaining >= 0);
  }
  return 0;
}

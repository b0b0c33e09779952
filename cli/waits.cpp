#include "waits.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>
#include <redial/http/text.hpp>
#include <redial/policy/host_gate.hpp>
#include <redial/policy/rate_limiter.hpp>

#include "progress.hpp"
#include "session/call_wait.hpp"

namespace redial::cli {
namespace {

using detail::CallWait;

std::size_t& count_of(Waits& waits, const CallWait& wait) {
  switch (wait.what) {
    case CallWait::For::backoff:
      return waits.backoff;
    case CallWait::For::server:
      return waits.server;
    case CallWait::For::guard:
      break;
  }
  if (wait.by == HostGate::k_reason) return waits.server;
  return wait.by == RateLimiter::k_reason ? waits.rate : waits.others;
}

std::string in_text(Duration span) {
  const double seconds = std::chrono::duration<double>(span).count();
  if (seconds >= 60) return clock_text(std::chrono::ceil<std::chrono::seconds>(span));
  return fmt::format("{:.{}f} s", seconds, seconds < 9.95 ? 1 : 0);
}

}  // namespace

void Waits::add(const CallWait& wait, Duration left) {
  ++count_of(*this, wait);
  if (!wait.has_begun) ++unbegun;
  if (left == k_unlimited || (next && next->in <= left)) return;
  next = {.host = std::string(wait.host), .in = std::max(left, Duration::zero())};
}

void Waits::add(const Waits& more) {
  backoff += more.backoff;
  server += more.server;
  rate += more.rate;
  others += more.others;
  unbegun += more.unbegun;
  if (more.next && (!next || more.next->in < next->in)) next = more.next;
}

std::string waits_text(std::size_t sending, const Waits& waits) {
  std::string text = "servers " + grouped(sending);
  const auto tell = [&](const char* name, std::size_t count) {
    if (count > 0) text += fmt::format(", {} {}", name, grouped(count));
  };
  tell("backoff", waits.backoff);
  tell("Retry-After", waits.server);
  tell("rate", waits.rate);
  tell("held", waits.others);
  if (waits.next)
    text += fmt::format("; next {} in {}", printable(waits.next->host), in_text(waits.next->in));
  return text;
}

}  // namespace redial::cli

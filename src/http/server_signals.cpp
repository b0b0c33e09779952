#include "http/server_signals.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include <redial/http/headers.hpp>
#include <redial/http/problem.hpp>
#include <redial/http/rate_limit.hpp>
#include <redial/http/retry_after.hpp>
#include <redial/http/text.hpp>

#include "http/structured_fields.hpp"

namespace redial {
inline namespace v0 {
namespace detail {
namespace {

// Whether any field could matter: most answers have none, and pay for one look at each name.
struct Present {
  bool retry_after = false, retry_after_ms = false, rate_limit = false, should_retry = false,
       proxy_status = false, vendor = false, pushback = false;

  explicit Present(const Headers& headers) {
    for (const auto& field : headers) {
      if (!field.name.empty()) note(field.name);
    }
  }

  void note(std::string_view name) {
    const auto starts = [&](std::string_view prefix) {
      return name.size() >= prefix.size() && iequals(name.substr(0, prefix.size()), prefix);
    };
    switch (name.front() | 0x20) {
      case 'r':
        retry_after = retry_after || iequals(name, "Retry-After");
        retry_after_ms = retry_after_ms || iequals(name, "retry-after-ms");
        rate_limit = rate_limit || starts("RateLimit");
        break;
      case 'x':
        retry_after_ms = retry_after_ms || iequals(name, "x-ms-retry-after-ms") ||
                         iequals(name, "x-amz-retry-after");
        should_retry = should_retry || iequals(name, "x-should-retry");
        vendor = vendor || starts("x-ratelimit-") || starts("x-rate-limit-") ||
                 starts("x-shopify-shop-api-call-limit");
        rate_limit = rate_limit || vendor;
        break;
      case 'a':
        vendor = vendor || starts("anthropic-ratelimit-");
        rate_limit = rate_limit || vendor;
        break;
      case 'g':
        pushback = pushback || iequals(name, "grpc-retry-pushback-ms");
        break;
      case 's':
        should_retry = should_retry || iequals(name, "Stripe-Should-Retry");
        break;
      case 'p':
        proxy_status = proxy_status || iequals(name, "Proxy-Status");
        break;
      default:
        break;
    }
  }
};

bool refuses(int status) {
  return status == 403 || status == 429 || status == 503;
}

void lengthen(Outcome& outcome, std::optional<Duration> hint, std::optional<Signal> by) {
  if (!hint || (outcome.retry_after && *hint <= *outcome.retry_after)) return;
  outcome.retry_after = hint;
  outcome.asked_by = by;
}

// Digits, and behind a point more digits, of `unit`: what vendors send, also where they should not.
std::optional<Duration> parse_decimal(std::string_view text, Duration unit) {
  text = trim_ows(text);
  const auto point = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, point);
  const std::string_view part = text.substr(std::min(point + 1, text.size()));
  const auto is_number = [](std::string_view digits) {
    return !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos;
  };
  if (!is_number(whole) || (point < text.size() && !is_number(part))) return std::nullopt;
  std::int64_t value = 0;
  const auto error = std::from_chars(whole.data(), whole.data() + whole.size(), value).ec;
  if (error != std::errc() || value >= k_retry_after_ceiling / unit) return k_retry_after_ceiling;
  Duration span = value * unit;
  for (const char digit : part) {
    unit /= 10;
    span += (digit - '0') * unit;
  }
  return span;
}

void read_milliseconds(const Headers& headers, Outcome& outcome) {
  for (const char* const name : {"retry-after-ms", "x-ms-retry-after-ms", "x-amz-retry-after"}) {
    for (const auto value : headers.all(name))
      lengthen(outcome, parse_decimal(value, std::chrono::milliseconds{1}), Signal::retry_after_ms);
  }
}

// "1.5" is no Retry-After (RFC 9110 §10.2.3), but from those who have fields of their own (Shopify,
// OpenAI) it is one.
void read_vendors_retry_after(const Headers& headers, Outcome& outcome) {
  for (const auto value : headers.all("Retry-After"))
    lengthen(outcome, parse_decimal(value, std::chrono::seconds{1}), std::nullopt);
}

// gRPC's push-back (gRFC A6): a number is a wait in milliseconds, a negative one says never.
void read_pushback(const Headers& headers, Signals trusted, Outcome& outcome) {
  for (const auto value : headers.all("grpc-retry-pushback-ms")) {
    const auto text = trim_ows(value);
    const bool never = text.starts_with('-') && parse_decimal(text.substr(1), Duration{1});
    if (never && trusted.contains(Signal::should_retry)) outcome.should_retry = false;
    if (trusted.contains(Signal::retry_after_ms))
      lengthen(outcome, parse_decimal(text, std::chrono::milliseconds{1}), Signal::retry_after_ms);
  }
}

// "true" and "false" and nothing else; where they contradict each other, the one that sends less.
std::optional<bool> should_retry_of(const Headers& headers) {
  std::optional<bool> said;
  for (const char* const name : {"x-should-retry", "Stripe-Should-Retry"}) {
    for (const auto value : headers.all(name)) {
      if (value == "false") return false;
      if (value == "true") said = true;
    }
  }
  return said;
}

// The errors of RFC 9209 §2.3 that an intermediary meets before it has sent anything to the next.
bool proves_unsent(std::string_view error) {
  constexpr std::array<std::string_view, 10> before{"dns_timeout",
                                                    "dns_error",
                                                    "destination_not_found",
                                                    "destination_unavailable",
                                                    "destination_ip_prohibited",
                                                    "destination_ip_unroutable",
                                                    "connection_refused",
                                                    "connection_timeout",
                                                    "connection_limit_reached",
                                                    "tls_certificate_error"};
  return std::find(before.begin(), before.end(), error) != before.end();
}

// Every error named has to prove it, and there has to be one.
bool proved_unsent_by(const Headers& headers) {
  const auto text = headers.joined("Proxy-Status");
  if (!text) return false;
  const auto proxies = parse_structured_list(*text);
  if (!proxies) return false;
  bool proved = false;
  for (const auto& proxy : *proxies) {
    const bool named =
        proxy.value.kind == BareItem::Kind::string || proxy.value.kind == BareItem::Kind::token;
    if (!named) return false;
    const BareItem* const error = proxy.find("error");
    if (error == nullptr) continue;
    if (error->kind != BareItem::Kind::token || !proves_unsent(error->text)) return false;
    proved = true;
  }
  return proved;
}

void read_rate_limit(const Headers& headers, WallTime now, Signals trusted, Outcome& outcome) {
  const auto quota = rate_limit_of(headers, now);
  if (!quota || !quota->resets_in) return;
  if (quota->standard) {
    if (!trusted.contains(Signal::rate_limit) || !quota->exhausted()) return;
    outcome.quota_resets = quota->resets_in;
    outcome.asked_by = Signal::rate_limit;
  } else if (trusted.contains(Signal::vendor_rate_limit) && refuses(outcome.status) &&
             (quota->exhausted() || !quota->remaining)) {
    outcome.quota_resets = quota->resets_in;
    outcome.asked_by = Signal::vendor_rate_limit;
  }
}

}  // namespace

void read_server_signals(const Headers& headers, WallTime now, Signals trusted, Outcome& outcome) {
  const Present present(headers);
  if (present.retry_after) outcome.retry_after = retry_after_of(headers, now);
  if (trusted.empty()) return;
  if (present.retry_after_ms && trusted.contains(Signal::retry_after_ms))
    read_milliseconds(headers, outcome);
  if (present.retry_after && present.vendor && trusted.contains(Signal::vendor_rate_limit))
    read_vendors_retry_after(headers, outcome);
  if (present.rate_limit && !outcome.retry_after) read_rate_limit(headers, now, trusted, outcome);
  if (present.should_retry && trusted.contains(Signal::should_retry) && outcome.status >= 400)
    outcome.should_retry = should_retry_of(headers);
  if (present.pushback) read_pushback(headers, trusted, outcome);
  if (present.proxy_status && trusted.contains(Signal::proxy_status) && outcome.status >= 500)
    outcome.proved_unsent = proved_unsent_by(headers);
}

void read_problem(const Headers& headers, std::string_view body, Outcome& outcome) {
  if (!is_problem(headers)) return;
  const auto problem = parse_problem(body);
  constexpr std::string_view abnormal = "/http-problem-types#abnormal-usage-detected";
  if (problem && problem->type.ends_with(abnormal)) outcome.should_retry = false;
}

}  // namespace detail
}  // namespace v0
}  // namespace redial

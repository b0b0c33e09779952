#include <redial/policy/retry.hpp>

#include <array>
#include <stdexcept>
#include <utility>

#include <redial/policy/timeouts.hpp>

namespace redial {
inline namespace v0 {
namespace {

using namespace std::chrono_literals;

[[noreturn]] void refuse(std::string_view field, const std::string& why) {
  throw std::invalid_argument("Retry." + std::string(field) + ": " + why);
}

void check_count(std::string_view field, Count count) {
  if (count.is_number() && count.number() < 0) {
    refuse(field, "must not be negative, is " + std::to_string(count.number()));
  }
}

std::string seconds(Duration span) {
  return std::to_string(std::chrono::duration<double>(span).count()) + " s";
}

void check_span(std::string_view field, Duration span) {
  if (span < Duration::zero()) refuse(field, "must not be negative, is " + seconds(span));
}

void check_statuses(std::string_view field, const Statuses& statuses) {
  if (const auto code = statuses.invalid()) {
    refuse(field, "a status is between 100 and 599, not " + std::to_string(*code));
  }
}

}  // namespace

void validate(const Retry& retry) {
  const std::array<std::pair<std::string_view, Count>, 7> counts{{{"total", retry.total},
                                                                  {"connect", retry.connect},
                                                                  {"read", retry.read},
                                                                  {"redirect", retry.redirect},
                                                                  {"status", retry.status},
                                                                  {"other", retry.other},
                                                                  {"body", retry.body}}};
  for (const auto& [field, count] : counts) check_count(field, count);
  check_span("backoff_factor", retry.backoff_factor);
  check_span("backoff_jitter", retry.backoff_jitter.most());
  check_span("retry_after_max", retry.retry_after_max);
  if (retry.backoff_max) {
    check_span("backoff_max", *retry.backoff_max);
    if (*retry.backoff_max < retry.backoff_factor) {
      refuse("backoff_max", seconds(*retry.backoff_max) + " is below backoff_factor, " +
                                seconds(retry.backoff_factor));
    }
  }
  check_statuses("status_forcelist", retry.status_forcelist);
  check_statuses("not_processed", retry.not_processed);
  check_statuses("retry_after_statuses", retry.retry_after_statuses);
  check_statuses("throttle_statuses", retry.throttle_statuses);
  check_statuses("key_in_progress", retry.key_in_progress);
  check_statuses("gateway_statuses", retry.gateway_statuses);
}

Retry Retry::urllib3() {
  Retry retry;
  retry.total = 10;
  retry.redirect = Count::unlimited();
  retry.body = Count::off();
  retry.backoff_factor = 0s;
  retry.backoff_max = 120s;
  retry.backoff_jitter = Jitter::none();
  retry.status_forcelist = {};
  retry.allowed_methods = {"HEAD", "GET", "PUT", "DELETE", "OPTIONS", "TRACE"};
  retry.retry_after_max = 6h;
  retry.server_signals = {};
  retry.key_in_progress = {};
  retry.gateway_statuses = {};
  retry.raise_on_status = true;
  retry.raise_on_redirect = true;
  retry.remove_headers_on_redirect = {"Authorization", "Cookie", "Proxy-Authorization"};
  retry.not_processed = {};
  retry.retry_after_statuses = {413, 429, 503};
  retry.retry_after_needs_total = true;
  retry.first_wait_free = true;
  retry.hint_replaces_backoff = true;
  retry.cut_long_hints = true;
  retry.redirects_spend_total = true;
  retry.redirects_keep_post = true;
  retry.allow_insecure_redirects = true;
  return retry;
}

void validate(const Timeouts& timeouts) {
  const auto check = [](std::string_view field, Duration span) {
    if (span > Duration::zero()) return;
    throw std::invalid_argument("Timeouts." + std::string(field) + ": must be positive, is " +
                                seconds(span) + " (redial::k_unlimited switches it off)");
  };
  check("connect", timeouts.connect);
  check("attempt", timeouts.attempt);
  check("idle", timeouts.idle);
  if (timeouts.deadline) check("deadline", *timeouts.deadline);
}

}  // namespace v0
}  // namespace redial

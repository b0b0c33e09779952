// Why an attempt is followed by another, and why after that wait.

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include <redial/http/method.hpp>

#include "explain_outcome.hpp"
#include "http/lower.hpp"

namespace redial::cli {
namespace {

constexpr std::array<std::string_view, 4> k_in_milliseconds{
    "retry-after-ms", "x-ms-retry-after-ms", "x-amz-retry-after", "grpc-retry-pushback-ms"};

bool says(std::optional<Signal> signal, const std::string& field) {
  const std::string name = redial::detail::lowered(field);
  if (!signal) return name == "retry-after";
  switch (*signal) {
    case Signal::retry_after_ms:
      return std::find(k_in_milliseconds.begin(), k_in_milliseconds.end(), name) !=
             k_in_milliseconds.end();
    case Signal::rate_limit:
      return name.starts_with("ratelimit");
    default:
      return name.find("limit") != std::string::npos && name.find("reset") != std::string::npos;
  }
}

std::string why_repeatable(const Subject& subject) {
  const std::string& method = subject.call.method;
  if (subject.call.options.idempotent == Idempotent::yes)
    return "the caller declared that repeating it is harmless (--idempotent)";
  if (is_idempotent(method) && subject.retry.allowed_methods.contains(method))
    return method + " is idempotent: two have the effect of one";
  if (subject.call.options.idempotency_key)
    return "it carries an idempotency key, by which the server acts once";
  return method + " is listed in allowed_methods, which declares that repeating it is harmless";
}

const char* rule_of_repeating(const Subject& subject) {
  return subject.call.options.idempotency_key && !is_idempotent(subject.call.method)
             ? "draft-ietf-httpapi-idempotency-key-header"
             : "RFC 9110 §9.2.2";
}

// The same request if it had to go once: what is still sent again is so whatever the method.
bool whatever_the_method(Rehearsals& rehearsals, const Subject& subject) {
  WhatIf once = subject.call;
  once.options.idempotent = Idempotent::no;
  return verdict_of(rehearsals.typical, subject, once).went_on;
}

// How a redirect goes on (RFC 9110 §15.4).
std::string way_on(const Subject& subject, const Verdict& verdict) {
  const std::string& method = subject.call.method;
  if (verdict.next_method != method) return ", as " + verdict.next_method + ", without the body";
  return method == "GET" || method == "HEAD" ? "" : ", with the same method and body";
}

void add_why_again(std::vector<Reason>& reasons, const Subject& subject, Rehearsals& rehearsals,
                   const Verdict& verdict) {
  const AttemptReport& attempt = verdict.attempt;
  const std::string status = std::to_string(attempt.status);
  if (attempt.decision == Decision::redirect) {
    reasons.push_back(
        {status + " leads elsewhere" + way_on(subject, verdict) + "; a redirect spends no retry" +
             (subject.retry.redirects_spend_total ? " (but redirects_spend_total)" : ""),
         "RFC 9110 §15.4"});
  } else if (attempt.evidence == Evidence::not_sent) {
    reasons.push_back(
        {"No byte of the request left this machine, so the server cannot have acted: "
         "any method is sent again.",
         "RFC 9110 §9.2.2 (evidence not_sent)"});
  } else if (attempt.evidence == Evidence::maybe) {
    reasons.push_back(
        {"The request was sent and no complete answer came: the server may have "
         "acted. It may be repeated, because " +
             why_repeatable(subject) + ".",
         rule_of_repeating(subject)});
  } else if (attempt.cause == Cause::body) {
    reasons.push_back(
        {"The answer's body was lost, and with it the answer. The request may be "
         "repeated, because " +
             why_repeatable(subject) + ".",
         rule_of_repeating(subject)});
  } else if (subject.call.options.idempotency_key &&
             subject.retry.key_in_progress.contains(attempt.status)) {
    reasons.push_back({"With our idempotency key " + status +
                           " says that the first request with it is still being processed: its "
                           "answer can be had later, under the same key.",
                       "draft-ietf-httpapi-idempotency-key-header"});
  } else if (whatever_the_method(rehearsals, subject)) {
    reasons.push_back(
        {status + " says that the request was not processed: any method is sent again.",
         rule_of_status(attempt.status)});
  } else {
    reasons.push_back({status + " speaks of the moment: another try may be answered otherwise "
                                "(status_forcelist).",
                       rule_of_status(attempt.status)});
    reasons.push_back({"The request may be repeated, because " + why_repeatable(subject) + ".",
                       rule_of_repeating(subject)});
  }
}

std::string jitter_words(const Subject& subject) {
  switch (subject.retry.backoff_jitter.kind()) {
    case Jitter::Kind::none:
      return "exactly that, without jitter";
    case Jitter::Kind::full:
      return "a random part of that (full jitter)";
    case Jitter::Kind::equal:
      return "half of that, and a random part of the other half (equal jitter)";
    case Jitter::Kind::decorrelated:
      return "between the factor and three times the wait before (decorrelated jitter)";
    case Jitter::Kind::additive:
      return "that, and up to " + span_text(subject.retry.backoff_jitter.most()) + " more";
    case Jitter::Kind::within_cap:
      return "that, and up to " + span_text(subject.retry.backoff_jitter.most()) +
             " more within the cap";
  }
  return {};
}

// Without a wait that anybody asked for, or drew.
void add_why_no_wait(std::vector<Reason>& reasons, const Subject& subject, const Verdict& verdict) {
  const auto& attempts = verdict.report.attempts;
  const auto earlier = std::count_if(
      attempts.begin(), attempts.begin() + (subject.attempt - 1),
      [](const AttemptReport& attempt) { return attempt.decision == Decision::retry; });
  if (subject.retry.first_wait_free && earlier == 0) {
    reasons.push_back({"The first retry does not wait.", "first_wait_free"});
  } else if (subject.retry.backoff_factor == Duration::zero()) {
    reasons.push_back({"Retries do not wait: backoff_factor is 0 s.", "backoff_factor"});
  }
}

void add_why_that_wait(std::vector<Reason>& reasons, const Subject& subject,
                       const Verdict& verdict) {
  const AttemptReport& attempt = verdict.attempt;
  const bool obeyed = attempt.retry_after && subject.retry.respect_retry_after_header;
  if (obeyed) {
    reasons.push_back(
        {"The server asks for " + span_text(*attempt.retry_after) + " (" +
             hint_field(subject, attempt) + "). It is never asked earlier" +
             (subject.retry.hint_replaces_backoff
                  ? "; the hint replaces the backoff."
                  : "; a spread on top keeps callers that were told the same from coming back "
                    "together."),
         hint_rule(attempt)});
  } else if (attempt.retry_after) {
    reasons.push_back(
        {hint_field(subject, attempt) + " is not obeyed (respect_retry_after_header = false).",
         ""});
  }
  // A retry that no counter paid for is made at once whatever the backoff (421, 417).
  if (attempt.decision != Decision::retry || attempt.cause == Cause::none) return;
  if (attempt.wait == Duration::zero()) return add_why_no_wait(reasons, subject, verdict);
  const Duration cap = subject.retry.backoff_max.value_or(
      std::max<Duration>(std::chrono::seconds{20}, subject.retry.backoff_factor));
  reasons.push_back({"backoff_factor, " + span_text(subject.retry.backoff_factor) +
                         ", doubles with each retry, to at most " + span_text(cap) +
                         (obeyed ? "; the backoff alone would be " : "; the wait is ") +
                         jitter_words(subject) + ".",
                     "backoff_factor, backoff_max, backoff_jitter"});
}

}  // namespace

std::string rule_of_status(int status) {
  switch (status) {
    case 408:
      return "RFC 9110 §15.5.9";
    case 417:
      return "RFC 9110 §10.1.1";
    case 421:
      return "RFC 9110 §15.5.20";
    case 425:
      return "RFC 8470 §5.2";
    case 429:
      return "RFC 6585 §4";
    default:
      return status >= 500 ? "RFC 9110 §15.6" : status >= 400 ? "RFC 9110 §15.5" : "RFC 9110 §15";
  }
}

std::string hint_field(const Subject& subject, const AttemptReport& attempt) {
  for (const auto& field : subject.outcome.headers) {
    if (says(attempt.asked_by, field.name)) return field.name;
  }
  return "a rate limit";
}

std::string hint_rule(const AttemptReport& attempt) {
  if (!attempt.asked_by) return "RFC 9110 §10.2.3";
  return attempt.asked_by == Signal::rate_limit ? "draft-ietf-httpapi-ratelimit-headers"
                                                : "server_signals";
}

std::string hint_text(const AttemptReport& attempt) {
  return attempt.retry_after ? span_text(*attempt.retry_after) : std::string("more time");
}

std::vector<Reason> why_again(const Subject& subject, Rehearsals& rehearsals,
                              const Verdict& verdict) {
  std::vector<Reason> reasons;
  add_why_again(reasons, subject, rehearsals, verdict);
  add_why_that_wait(reasons, subject, verdict);
  return reasons;
}

}  // namespace redial::cli

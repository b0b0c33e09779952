#include <redial/session/policy_lint.hpp>

#include <algorithm>
#include <array>
#include <set>
#include <stdexcept>
#include <tuple>

#include <fmt/format.h>

#include <redial/http/method.hpp>
#include <redial/policy/policy.hpp>
#include <redial/session/adapter.hpp>
#include <redial/session/policy_file.hpp>

#include "policy/attempts.hpp"
#include "session/policy_values.hpp"

// One function a point of the checklist. None of them knows how waits are computed or what is
// retried: they ask `Policy`.

namespace redial {
inline namespace v0 {
namespace {

using detail::duration_text;
using Severity = Finding::Severity;
using Point = ChecklistPoint;

constexpr int k_small_cap = 5;     // retries; more hides a failure instead of riding it out
constexpr int k_looked_at = 1000;  // retries whose start is computed

constexpr std::array<std::string_view, 8> k_points{
    "retry_cap", "backoff", "server_signals", "timeouts", "logs", "writes", "security", "syntax"};
constexpr std::array<std::string_view, 3> k_severities{"note", "warning", "error"};

class Linter {
 public:
  explicit Linter(const Policy& policy)
      : policy_(policy), retry_(policy.retry()), timeouts_(policy.timeouts()) {}

  std::vector<Finding> run() {
    check_cap();
    check_backoff();
    check_server_signals();
    check_statuses();
    check_timeouts();
    check_starts();
    check_writes();
    check_redirects();
    return std::move(findings_);
  }

 private:
  void say(Severity severity, Point point, std::string field, std::string message,
           std::string instead) {
    findings_.push_back({.severity = severity,
                         .point = point,
                         .field = std::move(field),
                         .message = std::move(message),
                         .instead = std::move(instead)});
  }
  void warn(Point point, std::string field, std::string message, std::string instead) {
    say(Severity::warning, point, std::move(field), std::move(message), std::move(instead));
  }

  bool never_ends() const { return policy_.deadline() == k_unlimited; }

  void check_cap() {
    const Count total = retry_.total;
    if (total.is_unlimited() && never_ends()) {
      say(Severity::error, Point::retry_cap, "total",
          "is unlimited, and so is timeouts.deadline: a call may be repeated for ever",
          "total = 3, or a deadline");
    } else if (total.is_unlimited()) {
      warn(Point::retry_cap, "total",
           "is unlimited: during an outage every call sends until its deadline, and the failure "
           "stays hidden until then",
           "total = 3");
    } else if (total.is_number() && total.number() > k_small_cap) {
      warn(Point::retry_cap, "total",
           fmt::format("{} retries multiply the traffic of an outage by up to {} and hide it for "
                       "long; a small cap keeps failure visible",
                       total.number(), detail::attempts_of(total).number()),
           "total = 3");
    }
    if (!total.is_number()) return;
    const std::array<std::pair<std::string_view, Count>, 5> counts{{{"connect", retry_.connect},
                                                                    {"read", retry_.read},
                                                                    {"status", retry_.status},
                                                                    {"other", retry_.other},
                                                                    {"body", retry_.body}}};
    for (const auto& [field, count] : counts) {
      if (count.is_number() && count.number() > total.number()) {
        say(Severity::note, Point::retry_cap, std::string(field),
            fmt::format("{} can never be reached: total ends the call after {}", count.number(),
                        total.number()),
            fmt::format("at most {}", total.number()));
      }
    }
  }

  bool retries() const {
    return retry_.total.is_unlimited() || (retry_.total.is_number() && retry_.total.number() > 0);
  }

  void check_backoff() {
    if (!retries()) return;
    if (retry_.backoff_factor == Duration::zero()) {
      warn(Point::backoff, "backoff_factor",
           "is zero: retries follow each other in a tight loop, which keeps a struggling server "
           "down",
           "backoff_factor = \"500ms\"");
    } else if (retry_.backoff_jitter.kind() == Jitter::Kind::none) {
      warn(Point::backoff, "backoff_jitter",
           "is none: clients that failed together come back together, again and again",
           "backoff_jitter = \"full\"");
    } else if (retry_.backoff_jitter.kind() == Jitter::Kind::within_cap) {
      warn(Point::backoff, "backoff_jitter",
           "is added before the cap: once waits reach backoff_max nothing spreads them",
           "backoff_jitter = \"full\"");
    }
    if (retry_.first_wait_free && retry_.backoff_factor > Duration::zero()) {
      warn(Point::backoff, "first_wait_free",
           "the first retry follows at once, from every client at the same moment",
           "first_wait_free = false");
    }
  }

  void check_server_signals() {
    if (!retries()) return;
    if (!retry_.respect_retry_after_header) {
      warn(Point::server_signals, "respect_retry_after_header",
           "is false: a server that says when to come back (RFC 9110 §10.2.3) is asked earlier",
           "respect_retry_after_header = true");
    }
    if (retry_.cut_long_hints) {
      warn(Point::server_signals, "cut_long_hints",
           "a hint longer than retry_after_max is cut: the server is asked earlier than it said",
           "cut_long_hints = false: the call then stops and says when to come back");
    }
    if (retry_.hint_replaces_backoff) {
      warn(Point::server_signals, "hint_replaces_backoff",
           "clients that were told the same time come back at the same moment, and a short hint "
           "undercuts the backoff",
           "hint_replaces_backoff = false");
    }
    if (!retry_.status_forcelist.contains(429) && !retry_.retry_after_statuses.contains(429)) {
      say(Severity::note, Point::server_signals, "status_forcelist",
          "without 429 a rate limit ends the call, whatever its Retry-After says",
          "429 in status_forcelist");
    }
  }

  // A list of codes as ranges: "404, 410-417".
  static std::string codes_text(const std::vector<int>& codes) {
    std::string text;
    for (std::size_t i = 0; i < codes.size(); ++i) {
      const int first = codes[i];
      while (i + 1 < codes.size() && codes[i + 1] == codes[i] + 1) ++i;
      text += fmt::format("{}{}", text.empty() ? "" : ", ", first);
      if (codes[i] != first) text += fmt::format("-{}", codes[i]);
    }
    return text;
  }

  // Statuses that speak of the moment: another try may be answered otherwise.
  static bool is_transient(int status) {
    switch (status) {
      case 408:  // RFC 9110 §15.5.9
      case 409:  // in progress, where idempotency keys are used
      case 421:  // RFC 9110 §15.5.20
      case 423:  // RFC 4918 §11.3
      case 425:  // RFC 8470 §5.2
      case 429:  // RFC 6585 §4
        return true;
      case 501:  // not implemented
      case 505:  // version
      case 506:  // negotiation is misconfigured
      case 508:  // a loop
      case 510:  // policy of an extension
      case 511:  // a network wants a log-in
        return false;
      default:
        return status >= 500;
    }
  }

  void check_statuses() {
    for (const auto& [field, statuses] :
         {std::pair{"status_forcelist", &retry_.status_forcelist},
          std::pair{"retry_after_statuses", &retry_.retry_after_statuses},
          std::pair{"gateway_statuses", &retry_.gateway_statuses}}) {
      std::vector<int> answers, permanent;
      for (const int code : statuses->codes()) {
        // 413 with a Retry-After is a temporary condition by RFC 9110 §15.5.14.
        if (code == 413 && statuses == &retry_.retry_after_statuses) continue;
        if (code < 400) {
          answers.push_back(code);
        } else if (!is_transient(code) && statuses != &retry_.gateway_statuses) {
          permanent.push_back(code);
        }
      }
      if (!answers.empty()) {
        warn(Point::retry_cap, field,
             codes_text(answers) + ": an answer below 400 is no failure; it would be thrown away",
             "a condition on the answer: RequestOptions::retry_if");
      }
      if (!permanent.empty()) {
        warn(Point::retry_cap, field,
             codes_text(permanent) +
                 ": never transient; the request or the server has to change, and repeating only "
                 "delays the news",
             "only 408, 425, 429, 500, 502, 503, 504");
      }
    }
  }

  void check_timeouts() {
    if (timeouts_.attempt == k_unlimited && never_ends()) {
      say(Severity::error, Point::timeouts, "timeouts.attempt",
          "is unlimited, and so is timeouts.deadline: a call may hang for ever",
          "timeouts.attempt = \"10s\"");
    } else if (timeouts_.attempt == k_unlimited) {
      warn(Point::timeouts, "timeouts.attempt",
           "is unlimited: one attempt that hangs uses up the whole deadline, and nothing is "
           "retried",
           "timeouts.attempt = \"10s\"");
    } else if (never_ends()) {
      warn(Point::timeouts, "timeouts.deadline",
           "is unlimited: attempts and waits add up to more than a caller can wait, a server's "
           "hint included",
           "timeouts.deadline = \"60s\"");
    }
    if (timeouts_.connect == k_unlimited) {
      warn(Point::timeouts, "timeouts.connect",
           "is unlimited: an address that does not answer is waited for as long as the system "
           "likes",
           "timeouts.connect = \"5s\"");
    }
    if (timeouts_.idle == k_unlimited) {
      warn(Point::timeouts, "timeouts.idle",
           "is unlimited: a transfer that has stalled is never noticed", "timeouts.idle = \"10s\"");
    }
  }

  // When the last attempts begin, if each before takes `attempt` and each wait is a share `draw` of
  // what it can be. Returns how many begin within the deadline.
  struct Starts {
    int attempts = 0;         // that begin in time
    int allowed = 0;          // by the counts
    Duration first_missed{};  // when the first that does not would begin
  };
  Starts starts(Duration attempt, double draw) const {
    Starts result;
    const int retries_allowed = retry_.total.is_number() ? retry_.total.number()
                                : retry_.total.is_off()  ? 0
                                                         : k_looked_at;
    result.allowed = 1 + std::min(retries_allowed, k_looked_at);
    result.attempts = 1;
    Uniform fixed = Uniform::always(draw);
    Duration previous{};
    SteadyTime at{};
    for (int n = 1; n < result.allowed; ++n) {
      previous = policy_.backoff(n, previous, fixed);
      at = saturating_add(saturating_add(at, attempt), previous);
      if (at.time_since_epoch() >= policy_.deadline()) {
        result.first_missed = at.time_since_epoch();
        return result;
      }
      ++result.attempts;
    }
    return result;
  }

  std::string deadline_words() const {
    return duration_text(policy_.deadline()) +
           (timeouts_.deadline ? std::string(" deadline") : std::string(" default deadline"));
  }

  void check_starts() {
    if (never_ends() || !retry_.total.is_number() || !retries()) return;
    const std::string field = timeouts_.deadline ? "timeouts.deadline" : "total";
    // Even failures that take no time, and the shortest waits.
    const Starts at_best = starts(Duration::zero(), 0);
    if (at_best.attempts < at_best.allowed) {
      return say(
          Severity::error, Point::timeouts, field,
          fmt::format("attempt {} of {} can never start: the shortest waits before it, {}, fill "
                      "the {}",
                      at_best.attempts + 1, at_best.allowed, duration_text(at_best.first_missed),
                      deadline_words()),
          fmt::format("total = {}, or shorter waits", at_best.attempts - 1));
    }
    if (timeouts_.attempt == k_unlimited) return;
    const Starts slow = starts(timeouts_.attempt, 0);
    if (slow.attempts < slow.allowed) {
      return warn(
          Point::timeouts, field,
          fmt::format("when attempts time out ({} each), only {} of {} can start within the {}: "
                      "attempt {} would start after {} at the earliest",
                      duration_text(timeouts_.attempt), slow.attempts, slow.allowed,
                      deadline_words(), slow.attempts + 1, duration_text(slow.first_missed)),
          "a longer deadline, a shorter timeouts.attempt, or a smaller total");
    }
  }

  void check_writes() {
    const Methods& allowed = retry_.allowed_methods;
    if (allowed.is_any()) {
      warn(Point::writes, "allowed_methods",
           "any method may be sent twice, without an idempotency key: a POST whose answer is lost "
           "acts twice (RFC 9110 §9.2.2)",
           "the idempotent methods, and an idempotency key on the rest");
    } else {
      std::string unsafe;
      for (const auto& name : allowed.names()) {
        if (!is_idempotent(name)) unsafe += (unsafe.empty() ? "" : ", ") + name;
      }
      if (!unsafe.empty()) {
        warn(Point::writes, "allowed_methods",
             unsafe +
                 " may be sent twice, without an idempotency key: a server that acted on a request "
                 "whose answer was lost acts again (RFC 9110 §9.2.2)",
             "leave it out, and give such requests an idempotency key");
      }
    }
    if (retry_.server_signals.contains(Signal::proxy_status)) {
      warn(Point::writes, "server_signals",
           "proxy_status lets any method be sent again when a Proxy-Status field says that the "
           "origin never got it: whoever can write that field can make a POST act twice",
           "leave it out, unless every proxy on the way is yours");
    }
    if (retry_.trust_unavailable) {
      warn(
          Point::writes, "trust_unavailable",
          "takes a 503 with a Retry-After for \"not processed\": on a server that answers so after "
          "it has begun, a POST acts twice",
          "trust_unavailable = false, and an idempotency key");
    }
    std::vector<int> throttled;
    for (const int code : retry_.throttle_statuses.codes()) {
      if (code >= 500) throttled.push_back(code);
    }
    if (!throttled.empty()) {
      warn(Point::writes, "throttle_statuses",
           codes_text(throttled) +
               ": does not prove that the request was not processed: it is waited for as a 429 is, "
               "but only what may be repeated is sent again",
           "statuses by which a request is turned away, such as 403");
    }
    const Statuses certain{408, 417, 421, 425, 429};
    std::vector<int> guessed;
    for (const int code : retry_.not_processed.codes()) {
      if (!certain.contains(code) && retry_.status_forcelist.contains(code))
        guessed.push_back(code);
    }
    if (!guessed.empty()) {
      warn(Point::writes, "not_processed",
           codes_text(guessed) +
               ": does not prove that the request was not processed, yet any method is sent again "
               "after it",
           "only 408, 417, 421, 425, 429");
    }
  }

  void check_redirects() {
    if (retry_.allow_insecure_redirects) {
      warn(Point::security, "allow_insecure_redirects",
           "a redirect from https to http is followed: the request goes on in clear text",
           "allow_insecure_redirects = false");
    }
    if (retry_.remove_headers_on_redirect.empty()) {
      warn(Point::security, "remove_headers_on_redirect",
           "is empty: whoever a redirect leads to gets the Authorization and the cookies that were "
           "meant for another origin",
           "leave it out");
    }
    if (retry_.redirects_keep_post) {
      say(Severity::note, Point::writes, "redirects_keep_post",
          "301 and 302 repeat a POST at the new place; browsers and most servers expect a GET "
          "(RFC 9110 §15.4.2)",
          "redirects_keep_post = false");
    }
  }

  const Policy& policy_;
  const Retry& retry_;
  const Timeouts& timeouts_;
  std::vector<Finding> findings_;
};

// What the library would refuse: "Retry.backoff_max: …", as a finding about that field.
Finding refused(const std::invalid_argument& error) {
  std::string text = error.what();
  Finding finding{.severity = Severity::error, .point = Point::syntax};
  const auto colon = text.find(": ");
  if (colon != std::string::npos) {
    finding.field = text.substr(0, colon);
    text.erase(0, colon + 2);
    if (finding.field.starts_with("Retry.")) finding.field.erase(0, 6);
    if (finding.field.starts_with("Timeouts.")) finding.field.replace(0, 9, "timeouts.");
    if (finding.field.starts_with("TlsOptions.")) finding.field.replace(0, 11, "tls.");
  }
  finding.message = std::move(text);
  return finding;
}

void check_tls(const TlsOptions& tls, std::vector<Finding>& findings) {
  if (!tls.verify) {
    findings.push_back({.severity = Severity::warning,
                        .point = Point::security,
                        .field = "tls.verify",
                        .message = "is false: anyone on the way can be the server",
                        .instead = "tls.ca_file with the authority that signed it"});
  }
  if (tls == TlsOptions{}) return;
  try {
    check(tls);
  } catch (const std::invalid_argument& error) {
    Finding finding = refused(error);
    // The file may exist where the policy is used, if not here.
    finding.severity = Severity::warning;
    finding.point = Point::security;
    findings.push_back(std::move(finding));
  }
}

void check_routes(const PolicyFile& file, std::vector<Finding>& findings) {
  for (const auto& route : file.routes()) {
    const TlsOptions& tls = file.adapter(route.policy).tls;
    if (!route.match.starts_with("http://") || tls == TlsOptions{}) continue;
    findings.push_back({.severity = Severity::note,
                        .point = Point::security,
                        .policy = route.policy,
                        .field = "routes.match",
                        .message = "is a route in clear text: the policy's tls options have no "
                                   "effect on it",
                        .instead = "https://",
                        .file = file.name(),
                        .line = route.line,
                        .column = 1});
  }
}

}  // namespace

std::string_view to_string(ChecklistPoint point) noexcept {
  return k_points[static_cast<std::size_t>(point)];
}
std::string_view to_string(Finding::Severity severity) noexcept {
  return k_severities[static_cast<std::size_t>(severity)];
}

std::string Finding::text() const {
  std::string where = file;
  if (line > 0) where += fmt::format("{}{}:{}", where.empty() ? "" : ":", line, column);
  std::string what = policy;
  if (!field.empty()) what += (what.empty() ? "" : ".") + field;
  return fmt::format("{}{}{}: {}{}{}{}{}", where, where.empty() ? "" : ": ", to_string(severity),
                     what, what.empty() ? "" : ": ", message,
                     instead.empty() ? "" : "; instead: ", instead);
}

std::vector<Finding> lint(const Policy& policy) {
  return Linter(policy).run();
}

std::vector<Finding> lint(const Retry& retry, const Timeouts& timeouts) {
  try {
    return lint(Policy(retry, timeouts));
  } catch (const std::invalid_argument& error) {
    return {refused(error)};
  }
}

std::vector<Finding> lint(const Adapter& adapter) {
  std::vector<Finding> findings = lint(adapter.max_retries, adapter.timeouts);
  check_tls(adapter.tls, findings);
  return findings;
}

std::vector<Finding> lint(const PolicyFile& file) {
  std::vector<Finding> findings;
  for (const auto& name : file.policies()) {
    for (auto& finding : lint(file.adapter(name))) {
      const auto itself = file.where(name, "");
      auto place = file.where(name, finding.field);
      if (place.line == 0) place = itself;
      finding.file = file.name();
      finding.policy = place.policy;
      finding.line = place.line;
      finding.column = place.column;
      findings.push_back(std::move(finding));
    }
  }
  check_routes(file, findings);
  std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
  // What several policies inherit is told once.
  const auto same = [](const Finding& a, const Finding& b) {
    return a.line == b.line && a.column == b.column && a.field == b.field && a.message == b.message;
  };
  findings.erase(std::unique(findings.begin(), findings.end(), same), findings.end());
  return findings;
}

}  // namespace v0
}  // namespace redial

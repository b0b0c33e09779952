#pragma once

/// Opt-in: GoogleTest matchers over calls, clocks and transports, and readable printing. The only
/// header of redial that includes gmock (Debian: libgmock-dev). Include it in every file of a test
/// program or in none: printing is decided by what a file has seen (one definition rule).
///
///   EXPECT_THAT(response, SentTimes(3));
///   EXPECT_THAT(result, AllOf(StoppedBecause(StopReason::deadline), Waited({500ms, 1s})));
///   EXPECT_THAT(*api, AllUsed());
///
/// A call is a Response, an Error, a Result<Response> or a CallReport; whatever has a report will
/// do.

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <redial/http/redact.hpp>
#include <redial/policy/report.hpp>
#include <redial/session/errors.hpp>
#include <redial/testing/fault_server.hpp>
#include <redial/testing/scripted_transport.hpp>
#include <redial/testing/trace.hpp>

namespace redial {
inline namespace v0 {
namespace testing {
namespace detail {

inline const CallReport& report_of(const CallReport& report) {
  return report;
}
template <class Subject>
requires requires(const Subject& subject) {
  subject.report();
}
const CallReport& report_of(const Subject& subject) {
  return subject.report();
}
inline const CallReport& report_of(const Result<Response>& result) {
  return result ? result->report() : result.error().report();
}

inline const Response* response_of(const Response& response) {
  return &response;
}
inline const Response* response_of(const Error& error) {
  return error.response();
}
inline const Response* response_of(const Result<Response>& result) {
  return result ? &*result : result.error().response();
}

template <class Subject>
int sends_of(const Subject& subject) {
  if constexpr (requires { subject.count(); }) {
    return static_cast<int>(subject.count());
  } else {
    return static_cast<int>(report_of(subject).attempts.size());
  }
}

template <class Subject>
std::vector<Duration> waits_of(const Subject& subject) {
  if constexpr (requires { subject.waits(); }) {
    return subject.waits();
  } else if constexpr (requires { subject.clock(); }) {
    return subject.clock().waits();
  } else {
    return waits(report_of(subject));
  }
}

template <class Subject>
Duration time_of(const Subject& subject) {
  if constexpr (requires { subject.clock(); }) {
    return subject.clock().elapsed();
  } else if constexpr (requires { subject.waits(); }) {
    return subject.elapsed();
  } else {
    return report_of(subject).elapsed;
  }
}

/// What reached the other side. Equal identities are the same request; secrets are part of them,
/// so that people are shown another text.
struct Arrival {
  std::string identity;
  std::string shown;
};

inline Arrival arrival_of(const SentRequest& request) {
  const std::string key(request.header("Idempotency-Key").value_or(""));
  return {request.method + " " + request.url.str() + "\n" + key + "\n" + request.body,
          shown(request)};
}
inline Arrival arrival_of(const RecordedRequest& request) {
  const std::string key = request.key.empty() ? request.header("Idempotency-Key") : request.key;
  return {request.method + " " + request.target + "\n" + key + "\n" + request.body, shown(request)};
}
/// Redirect hops are other requests.
inline Arrival arrival_of(const AttemptReport& attempt) {
  const std::string hop = "hop " + std::to_string(attempt.hop);
  return {hop, hop};
}

inline bool may_have_acted(const SentRequest& request) {
  return request.left;
}
inline bool may_have_acted(const RecordedRequest& request) {
  return request.acted || !proves_not_processed(request.status, !request.header("Expect").empty());
}
inline bool may_have_acted(const AttemptReport& attempt) {
  if (attempt.evidence == Evidence::maybe) return true;
  if (attempt.evidence != Evidence::responded) return false;
  // A retry that no status counter paid for is the one without Expect.
  const bool expected = attempt.decision == Decision::retry && attempt.cause == Cause::none;
  if (attempt.status == 408 && attempt.connection_reused) return true;  // about the time before it?
  return !proves_not_processed(attempt.status, expected);
}

template <class Subject>
std::vector<Arrival> arrivals_of(const Subject& subject) {
  std::vector<Arrival> arrivals;
  const auto add = [&](const auto& sends) {
    for (const auto& send : sends)
      if (may_have_acted(send)) arrivals.push_back(arrival_of(send));
  };
  if constexpr (requires { subject.requests(); }) {
    add(subject.requests());
  } else {
    add(report_of(subject).attempts);
  }
  return arrivals;
}

inline int retries_of(const CallReport& report, std::optional<Cause> cause) {
  int spent = 0;
  for (const auto& attempt : report.attempts) {
    if (attempt.decision == Decision::retry && (!cause || attempt.cause == *cause)) ++spent;
  }
  return spent;
}

inline std::string listed(const std::vector<Duration>& spans) {
  std::string text;
  for (const Duration span : spans) text += (text.empty() ? "" : ", ") + shown(span);
  return "{" + text + "}";
}

inline std::string negated(bool negation, std::string_view text) {
  return std::string(negation ? "not " : "") + std::string(text);
}

MATCHER_P(WaitsMatch, inner,
          "waited: " + ::testing::DescribeMatcher<std::vector<Duration>>(inner, negation)) {
  const auto spans = waits_of(arg);
  *result_listener << "which waited " << listed(spans);
  return ::testing::ExplainMatchResult(inner, spans, result_listener);
}

MATCHER_P(WaitsAre, spans, negated(negation, "waited ") + listed(spans)) {
  const auto waited = waits_of(arg);
  *result_listener << "which waited " << listed(waited);
  return waited == spans;
}

}  // namespace detail

/// Attempts of a call; requests that a transport, rule or fault server was given. A number or a
/// matcher of int.
MATCHER_P(SentTimes, times, "sent times: " + ::testing::DescribeMatcher<int>(times, negation)) {
  const int sends = detail::sends_of(arg);
  *result_listener << "which was sent " << sends << (sends == 1 ? " time" : " times");
  return ::testing::ExplainMatchResult(times, sends, result_listener);
}

/// What a call has spent of its retry budget: the retries that counted against `Retry::total`. A
/// number or a matcher of int.
MATCHER_P(SpentRetries, times, "retries: " + ::testing::DescribeMatcher<int>(times, negation)) {
  const int spent = detail::retries_of(detail::report_of(arg), std::nullopt);
  *result_listener << "which spent " << spent;
  return ::testing::ExplainMatchResult(times, spent, result_listener);
}
/// The same of one counter, by what was retried: `SpentRetries(Cause::status, 2)` is
/// `Retry::status`.
MATCHER_P2(SpentRetries, cause, times,
           std::string(to_string(cause)) +
               " retries: " + ::testing::DescribeMatcher<int>(times, negation)) {
  const int spent = detail::retries_of(detail::report_of(arg), cause);
  *result_listener << "which spent " << spent;
  return ::testing::ExplainMatchResult(times, spent, result_listener);
}

/// No request that may have had its effect was sent a second time: of a call, no two attempts that
/// left (redirect hops are other requests); of a transport, rule or fault server, no two arrivals
/// of the same method, URL, body and Idempotency-Key. Answers that prove that the request was not
/// processed (`proves_not_processed`) do not count; what licenses a second send (an idempotent
/// method, a key) does not make it none.
MATCHER(NeverSentTwice, detail::negated(negation, "sent everything at most once")) {
  std::map<std::string, int> seen;
  const auto arrivals = detail::arrivals_of(arg);
  for (const auto& arrival : arrivals) ++seen[arrival.identity];
  for (const auto& arrival : arrivals) {
    const int times = seen[arrival.identity];
    if (times < 2) continue;
    *result_listener << "which sent " << times
                     << " times what may have had its effect: " << arrival.shown;
    return false;
  }
  return true;
}

MATCHER_P(StoppedBecause, reason,
          "stop reason " + ::testing::DescribeMatcher<StopReason>(reason, negation)) {
  const CallReport& report = detail::report_of(arg);
  *result_listener << "which stopped because " << explain(report.stop_reason);
  return ::testing::ExplainMatchResult(reason, report.stop_reason, result_listener);
}

MATCHER_P(EndedAs, outcome,
          "outcome " + ::testing::DescribeMatcher<CallOutcome>(outcome, negation)) {
  return ::testing::ExplainMatchResult(outcome, detail::report_of(arg).outcome, result_listener);
}

MATCHER_P(MayBeResent, resend, "resend " + ::testing::DescribeMatcher<Resend>(resend, negation)) {
  return ::testing::ExplainMatchResult(resend, detail::report_of(arg).resend, result_listener);
}

/// What went wrong last, of an Error or a Result.
MATCHER_P(FailedWith, kind, "error " + ::testing::DescribeMatcher<ErrorKind>(kind, negation)) {
  if constexpr (requires { arg.error(); }) {
    if (arg) {
      *result_listener << "which did not fail";
      return false;
    }
    return ::testing::ExplainMatchResult(kind, arg.error().kind(), result_listener);
  } else {
    return ::testing::ExplainMatchResult(kind, arg.kind(), result_listener);
  }
}

/// Exactly these waits between attempts: `Waited({500ms, 1s})`. Of a call those decided, redirects
/// included (zero when the server asked for none); of a FakeClock or ScriptedTransport those that
/// passed.
inline auto Waited(std::vector<Duration> spans) {
  return detail::WaitsAre(std::move(spans));
}
/// The same by any matcher of std::vector<Duration>: `Waited(Each(Le(2s)))`.
template <class Inner>
auto Waited(Inner inner) {
  return detail::WaitsMatch(std::move(inner));
}

/// The time of a call, or on a clock, waits included: `Took(Ge(7s))`.
MATCHER_P(Took, inner, "took: " + ::testing::DescribeMatcher<Duration>(inner, negation)) {
  const Duration span = detail::time_of(arg);
  *result_listener << "which took " << shown(span);
  return ::testing::ExplainMatchResult(inner, span, result_listener);
}
MATCHER_P2(TookBetween, least, most,
           detail::negated(negation, "took ") + shown(least) + " to " + shown(most)) {
  const Duration span = detail::time_of(arg);
  *result_listener << "which took " << shown(span);
  return least <= span && span <= most;
}

/// The call ended before that attempt, for that reason: `DidNotMakeAttempt(3,
/// StopReason::deadline)`.
MATCHER_P2(DidNotMakeAttempt, number, reason,
           detail::negated(negation, "stopped before attempt ") + std::to_string(number) +
               " because " + std::string(explain(reason))) {
  const CallReport& report = detail::report_of(arg);
  const auto attempts = static_cast<int>(report.attempts.size());
  *result_listener << "which made " << attempts << " attempts and stopped because "
                   << explain(report.stop_reason);
  return attempts == number - 1 && report.stop_reason == reason;
}

/// A matcher of std::vector<std::string> over `trace`.
MATCHER_P(Traced, inner,
          "decisions: " + ::testing::DescribeMatcher<std::vector<std::string>>(inner, negation)) {
  return ::testing::ExplainMatchResult(inner, trace(detail::report_of(arg)), result_listener);
}

/// What the attempts proved, in turn: `Proved(ElementsAre(Evidence::not_sent, Evidence::maybe))`.
MATCHER_P(Proved, inner,
          "evidence: " + ::testing::DescribeMatcher<std::vector<Evidence>>(inner, negation)) {
  std::vector<Evidence> evidence;
  for (const auto& attempt : detail::report_of(arg).attempts) evidence.push_back(attempt.evidence);
  return ::testing::ExplainMatchResult(inner, evidence, result_listener);
}

/// Of the last complete answer.
MATCHER_P(HasStatus, inner, "status " + ::testing::DescribeMatcher<int>(inner, negation)) {
  const Response* const response = detail::response_of(arg);
  if (response == nullptr) {
    *result_listener << "which has no answer";
    return false;
  }
  return ::testing::ExplainMatchResult(inner, response->status(), result_listener);
}
MATCHER_P(HasBody, inner, "body " + ::testing::DescribeMatcher<std::string>(inner, negation)) {
  const Response* const response = detail::response_of(arg);
  if (response == nullptr) {
    *result_listener << "which has no answer";
    return false;
  }
  return ::testing::ExplainMatchResult(inner, response->body(), result_listener);
}
/// Some value of that field.
MATCHER_P2(HasHeader, name, inner,
           "field " + std::string(name) + " " +
               ::testing::DescribeMatcher<std::string>(inner, negation)) {
  const auto holds = [&](const Headers& headers) {
    const auto values = headers.all(name);
    return std::any_of(values.begin(), values.end(), [&](std::string_view value) {
      return ::testing::Value(std::string(value), ::testing::SafeMatcherCast<std::string>(inner));
    });
  };
  if constexpr (requires { arg.left; }) {  // a SentRequest
    return holds(arg.headers);
  } else {
    const Response* const response = detail::response_of(arg);
    return response != nullptr && holds(response->headers());
  }
}

/// A SentRequest that `match` means; the explanation says why one does not.
MATCHER_P(IsRequest, match, detail::negated(negation, "is ") + Match(match).description()) {
  const auto reasons = Match(match).mismatches(arg);
  for (std::size_t i = 0; i < reasons.size(); ++i)
    *result_listener << (i == 0 ? "where " : ", ") << reasons[i];
  return reasons.empty();
}

/// Every scripted answer was given, and nothing was asked that is not in the script.
MATCHER(AllUsed, detail::negated(negation, "used its whole script, and nothing else")) {
  const auto problems = arg.problems();
  for (std::size_t i = 0; i < problems.size(); ++i)
    *result_listener << (i == 0 ? "where " : "\nand ") << problems[i];
  return problems.empty();
}

/// Expects `AllUsed` at the end of its scope, also when an exception leaves it.
class ExpectAllUsed {
 public:
  explicit ExpectAllUsed(const ScriptedTransport& transport) : transport_(transport) {}
  ExpectAllUsed(const ExpectAllUsed&) = delete;
  ExpectAllUsed& operator=(const ExpectAllUsed&) = delete;
  ~ExpectAllUsed() { EXPECT_THAT(transport_, AllUsed()); }

 private:
  const ScriptedTransport& transport_;
};

inline void PrintTo(const SentRequest& request, std::ostream* out) {
  *out << shown(request);
}

inline void PrintTo(const ScriptedTransport& transport, std::ostream* out) {
  const auto requests = transport.requests();
  *out << "a transport that was sent " << requests.size() << " requests";
  for (const auto& request : requests)
    *out << "\n  at " << shown(request.at) << " " << shown(request);
}

inline void PrintTo(const Rule& rule, std::ostream* out) {
  *out << "a rule for " << rule.description() << " that took " << rule.count() << " requests";
}

inline void PrintTo(const FakeClock& clock, std::ostream* out) {
  *out << "a clock at " << shown(clock.elapsed()) << " that waited "
       << detail::listed(clock.waits());
}

inline void PrintTo(const RecordedRequest& request, std::ostream* out) {
  *out << request.method << " " << redact_urls(request.target)
       << (request.complete ? "" : " (incomplete)") << " on connection " << request.connection;
}

inline void PrintTo(const FaultServer& server, std::ostream* out) {
  *out << "a server that read " << server.count() << " requests";
}

}  // namespace testing

inline void PrintTo(Evidence value, std::ostream* out) {
  *out << to_string(value);
}
inline void PrintTo(BodyVerdict value, std::ostream* out) {
  *out << to_string(value);
}
inline void PrintTo(Fault value, std::ostream* out) {
  *out << to_string(value);
}
inline void PrintTo(Cause value, std::ostream* out) {
  *out << to_string(value);
}
inline void PrintTo(CallOutcome value, std::ostream* out) {
  *out << to_string(value);
}
inline void PrintTo(Resend value, std::ostream* out) {
  *out << to_string(value);
}
inline void PrintTo(StopReason value, std::ostream* out) {
  *out << to_string(value);
}
inline void PrintTo(Decision value, std::ostream* out) {
  *out << to_string(value);
}
inline void PrintTo(ErrorKind value, std::ostream* out) {
  *out << to_string(value);
}
inline void PrintTo(const CallReport& report, std::ostream* out) {
  *out << report.text();
}
inline void PrintTo(const Response& response, std::ostream* out) {
  *out << response.status() << " " << response.reason() << ", " << response.body().size()
       << " bytes\n"
       << response.report().text();
}
inline void PrintTo(const Error& error, std::ostream* out) {
  *out << to_string(error.kind()) << " error: " << error.what();
}
inline void PrintTo(const Result<Response>& result, std::ostream* out) {
  if (result) {
    PrintTo(*result, out);
  } else {
    PrintTo(result.error(), out);
  }
}

}  // namespace v0
}  // namespace redial

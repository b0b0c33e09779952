#include <redial/session/policy_lint.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <redial/policy/policy.hpp>
#include <redial/session/adapter.hpp>
#include <redial/session/policy_file.hpp>

namespace {

using namespace redial;
using namespace std::chrono_literals;
using Severity = Finding::Severity;
using Point = ChecklistPoint;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The one finding about `retry` and `timeouts`.
void expect_finding(const Retry& retry, const Timeouts& timeouts, Severity severity, Point point,
                    const std::string& field, const std::string& words) {
  const auto findings = lint(retry, timeouts);
  ASSERT_EQ(findings.size(), 1U) << words << (findings.empty() ? "" : findings[0].text());
  EXPECT_EQ(findings[0].severity, severity) << findings[0].text();
  EXPECT_EQ(findings[0].point, point) << findings[0].text();
  EXPECT_EQ(findings[0].field, field) << findings[0].text();
  EXPECT_THAT(findings[0].text(), HasSubstr(words));
  EXPECT_FALSE(findings[0].instead.empty()) << findings[0].text();
}
void expect_warning(const Retry& retry, Point point, const std::string& field,
                    const std::string& words) {
  expect_finding(retry, {}, Severity::warning, point, field, words);
}

TEST(Lint, TheDefaultsHaveNoFinding) {
  EXPECT_THAT(lint(Retry()), IsEmpty());
  EXPECT_THAT(lint(Adapter()), IsEmpty());
  EXPECT_THAT(lint(Policy()), IsEmpty());
}

TEST(Lint, TheArticlesBaselineHasNoFinding) {
  // 5 attempts of 10 s: the fifth could begin after 40 s and four waits, within 60 s.
  const Retry baseline{.total = 4,
                       .backoff_factor = 2s,
                       .status_forcelist = {429, 500, 502, 503, 504},
                       .allowed_methods = {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"}};
  EXPECT_THAT(lint(baseline), IsEmpty());
}

TEST(Lint, AttemptsThatNeverStartWhenTheyTimeOut) {
  // 4 × 10 s in 30 s: the fourth would start at 30 s at the earliest.
  expect_finding({.total = 3}, {.attempt = 10s, .deadline = 30s}, Severity::warning,
                 Point::timeouts, "timeouts.deadline",
                 "only 3 of 4 can start within the 30s deadline: attempt 4 would start after 30s");
  // The waits count: 3 × 9 s are 27 s, and waits without jitter 1 + 2 + 4 s.
  expect_finding({.total = 3, .backoff_factor = 1s, .backoff_jitter = Jitter::additive(1s)},
                 {.attempt = 9s, .deadline = 30s}, Severity::warning, Point::timeouts,
                 "timeouts.deadline", "attempt 4 would start after 34s");
  // One slow attempt is the whole call.
  expect_finding({}, {.attempt = 10s, .deadline = 5s}, Severity::warning, Point::timeouts,
                 "timeouts.deadline", "only 1 of 4 can start");
  // The default deadline is one as well.
  expect_finding({}, {.attempt = 30s}, Severity::warning, Point::timeouts, "total",
                 "within the 1m default deadline");
  EXPECT_THAT(lint({.total = 3}, {.attempt = 9s, .deadline = 30s}), IsEmpty());
  EXPECT_THAT(lint({.total = 0}, {.attempt = 10s, .deadline = 5s}), IsEmpty());
}

TEST(Lint, AttemptsThatCanNeverStartAtAllAreAnError) {
  // Waits of 20, 40 and 40 s: even failures that take no time leave none for the third retry.
  expect_finding({.total = 3,
                  .backoff_factor = 20s,
                  .backoff_max = 40s,
                  .backoff_jitter = Jitter::additive(1s)},
                 {.attempt = 1s, .deadline = 60s}, Severity::error, Point::timeouts,
                 "timeouts.deadline",
                 "attempt 3 of 4 can never start: the shortest waits before it, 1m, fill the 1m");
}

TEST(Lint, ACapBelowTheFactorIsAnError) {
  const auto findings = lint(Retry{.backoff_factor = 2s, .backoff_max = 1s});
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].severity, Severity::error);
  EXPECT_EQ(findings[0].field, "backoff_max");
  EXPECT_THAT(findings[0].text(), HasSubstr("below backoff_factor"));
  EXPECT_EQ(lint(Retry(), Timeouts{.idle = 0s}).at(0).field, "timeouts.idle");
}

TEST(Lint, UnsafeMethodsWithoutAKey) {
  expect_warning({.allowed_methods = {"GET", "POST", "PATCH"}}, Point::writes, "allowed_methods",
                 "PATCH, POST may be sent twice");
  expect_warning({.allowed_methods = Methods::any()}, Point::writes, "allowed_methods",
                 "any method may be sent twice");
  EXPECT_THAT(lint(Retry{.allowed_methods = {}}), IsEmpty());
}

TEST(Lint, StatusesThatAreNeverTransient) {
  expect_warning({.status_forcelist = {404, 429, 501, 503}}, Point::retry_cap, "status_forcelist",
                 "404, 501: never transient");
  expect_warning({.status_forcelist = Statuses::range(400, 599)}, Point::retry_cap,
                 "status_forcelist", "400-407, 410-420, 422, 424, 426-428, 430-499, 501, 505-506");
  expect_warning({.status_forcelist = {202, 429}}, Point::retry_cap, "status_forcelist",
                 "202: an answer below 400 is no failure");
  expect_warning({.gateway_statuses = {302, 404, 520}}, Point::retry_cap, "gateway_statuses",
                 "302: an answer below 400 is no failure");
  EXPECT_THAT(lint(Retry{.status_forcelist = {409, 423, 429, 520, 599}}), IsEmpty());
  EXPECT_THAT(lint(Retry{.retry_after_statuses = {413}}), IsEmpty());
}

// --- the production checklist, point by point

TEST(Lint, SetASmallRetryCap) {
  EXPECT_THAT(lint({.total = 5}, {.attempt = 1s}), IsEmpty());
  expect_finding({.total = 6}, {.attempt = 1s}, Severity::warning, Point::retry_cap, "total",
                 "6 retries multiply the traffic of an outage by up to 7");
  EXPECT_THAT(lint(Retry{.total = 2147483647}).at(0).text(), HasSubstr("up to 2147483647 and"));
  expect_warning({.total = Count::unlimited()}, Point::retry_cap, "total", "is unlimited");
  const auto storm = lint(Retry{.total = Count::unlimited()}, Timeouts{.deadline = k_unlimited});
  EXPECT_EQ(storm.at(0).severity, Severity::error);
  EXPECT_THAT(storm.at(0).text(), HasSubstr("for ever"));
  expect_finding({.total = 2, .connect = 3}, {}, Severity::note, Point::retry_cap, "connect",
                 "3 can never be reached: total ends the call after 2");
}

TEST(Lint, UseBackoff) {
  expect_warning({.backoff_factor = 0s}, Point::backoff, "backoff_factor", "tight loop");
  expect_warning({.backoff_jitter = Jitter::none()}, Point::backoff, "backoff_jitter",
                 "come back together");
  expect_warning({.backoff_jitter = Jitter::within_cap(1s)}, Point::backoff, "backoff_jitter",
                 "before the cap");
  expect_warning({.first_wait_free = true}, Point::backoff, "first_wait_free", "at once");
  EXPECT_THAT(lint(Retry{.total = 0, .backoff_factor = 0s}), IsEmpty());
}

TEST(Lint, RespectServerSignals) {
  expect_warning({.respect_retry_after_header = false}, Point::server_signals,
                 "respect_retry_after_header", "asked earlier");
  expect_warning({.cut_long_hints = true}, Point::server_signals, "cut_long_hints",
                 "asked earlier than it said");
  expect_warning({.hint_replaces_backoff = true}, Point::server_signals, "hint_replaces_backoff",
                 "at the same moment");
  expect_finding({.status_forcelist = {503}}, {}, Severity::note, Point::server_signals,
                 "status_forcelist", "without 429");
}

TEST(Lint, AttachTimeoutsToEveryCall) {
  const auto about = [](const Timeouts& timeouts, const std::string& field,
                        const std::string& words, Severity severity = Severity::warning) {
    expect_finding({}, timeouts, severity, Point::timeouts, field, words);
  };
  about({.attempt = k_unlimited}, "timeouts.attempt", "one attempt that hangs");
  about({.connect = k_unlimited}, "timeouts.connect", "is unlimited");
  about({.idle = k_unlimited}, "timeouts.idle", "stalled");
  about({.deadline = k_unlimited}, "timeouts.deadline", "add up");
  about({.attempt = k_unlimited, .deadline = k_unlimited}, "timeouts.attempt", "hang for ever",
        Severity::error);
}

TEST(Lint, TestWritesCarefully) {
  expect_warning({.not_processed = {429, 503}}, Point::writes, "not_processed",
                 "503: does not prove that the request was not processed");
  EXPECT_THAT(lint(Retry{.not_processed = {}}), IsEmpty());
  expect_warning({.throttle_statuses = {403, 503}}, Point::writes, "throttle_statuses",
                 "503: does not prove that the request was not processed");
  EXPECT_THAT(lint(Retry{.throttle_statuses = {403}}), IsEmpty());
  expect_finding({.redirects_keep_post = true}, {}, Severity::note, Point::writes,
                 "redirects_keep_post", "repeat a POST");
}

TEST(Lint, WhoIsSpokenTo) {
  expect_warning({.allow_insecure_redirects = true}, Point::security, "allow_insecure_redirects",
                 "clear text");
  expect_warning({.remove_headers_on_redirect = {}}, Point::security, "remove_headers_on_redirect",
                 "meant for another origin");
  const auto findings = lint(Adapter{.tls = {.verify = false}});
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].field, "tls.verify");
  const auto missing = lint(Adapter{.tls = {.ca_file = "/nonexistent"}});
  ASSERT_EQ(missing.size(), 1U);
  EXPECT_EQ(missing[0].field, "tls.ca_file");
  EXPECT_EQ(missing[0].severity, Severity::warning);
  EXPECT_THAT(missing[0].message, HasSubstr("/nonexistent: No such file or directory"));
}

// --- files

TEST(Lint, AFilesFindingsStandWhereTheFieldsDo) {
  const auto file = PolicyFile::parse(R"([policies.base]
allowed_methods = "any"
[policies.a]
inherits = "base"
  backoff_factor = "0s"
timeouts.deadline = "5s"
[policies.b]
inherits = "base"
[policies.c]
timeouts = { attempt = "30s" }
[policies.plain]
tls.verify = false
[[routes]]
match = "http://a.test/"
policy = "plain"
)",
                                      "p.toml");
  std::vector<std::string> places;
  for (const auto& finding : lint(file)) {
    places.push_back(finding.text().substr(0, finding.text().find(": ")) + " " + finding.policy +
                     "." + finding.field);
  }
  // What is inherited is told once, at its own line; what has no line of its own at the policy's.
  EXPECT_EQ(places, (std::vector<std::string>{
                        "p.toml:2:1 base.allowed_methods", "p.toml:5:3 a.backoff_factor",
                        "p.toml:6:10 a.timeouts.deadline", "p.toml:9:11 c.total",
                        "p.toml:12:5 plain.tls.verify", "p.toml:13:1 plain.routes.match"}));
}

TEST(Lint, ATextNamesPlaceSeverityFieldReasonAndRemedy) {
  EXPECT_EQ((Finding{.severity = Severity::error,
                     .policy = "p",
                     .field = "total",
                     .message = "is wrong",
                     .instead = "total = 3",
                     .file = "f",
                     .line = 2,
                     .column = 4}
                 .text()),
            "f:2:4: error: p.total: is wrong; instead: total = 3");
  EXPECT_EQ((Finding{.severity = Severity::note, .field = "total", .message = "is so"}.text()),
            "note: total: is so");
}

}  // namespace

#include <redial/policy/report.hpp>

#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace {

using namespace redial;
using namespace std::chrono_literals;
using nlohmann::json;

CallReport two_attempts() {
  CallReport report;
  report.method = "GET";
  report.url = "http://a.test/";
  report.elapsed = 2500ms;
  report.attempts = {{.number = 1,
                      .started = 0s,
                      .elapsed = 1s,
                      .evidence = Evidence::maybe,
                      .fault = Fault::reset,
                      .decision = Decision::retry,
                      .cause = Cause::read,
                      .wait = 500ms,
                      .detail = "connection reset by peer",
                      .url = "http://a.test/"},
                     {.number = 2,
                      .started = 1500ms,
                      .elapsed = 1s,
                      .evidence = Evidence::responded,
                      .status = 503,
                      .connection_reused = true,
                      .retry_after = 120s,
                      .cause = Cause::status,
                      .url = "http://a.test/"}};
  report.outcome = CallOutcome::later;
  report.resend = Resend::safe;
  report.stop_reason = StopReason::retry_after_too_long;
  report.retry_at = WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24}} + 9h;
  return report;
}

TEST(Report, JsonHoldsEveryFieldAndNullForWhatIsAbsent) {
  const json report = json::parse(two_attempts().json());
  EXPECT_EQ(report, json::parse(R"({
    "method": "GET", "url": "http://a.test/", "outcome": "later", "resend": "safe",
    "stop_reason": "retry_after_too_long", "status": 503, "elapsed_s": 2.5,
    "retry_at": "2026-11-24T09:00:00.000Z",
    "attempts": [
      {"n": 1, "url": "http://a.test/", "evidence": "maybe", "status": null, "error": "reset",
       "detail": "connection reset by peer", "retry_after_s": null, "decision": "retry",
       "wait_s": 0.5, "connection_reused": false, "started_s": 0.0, "elapsed_s": 1.0},
      {"n": 2, "url": "http://a.test/", "evidence": "responded", "status": 503, "error": null,
       "detail": null, "retry_after_s": 120.0, "decision": "stop", "wait_s": null,
       "connection_reused": true, "started_s": 1.5, "elapsed_s": 1.0}]})"));
}

TEST(Report, JsonOfACallThatSentNothing) {
  const json report = json::parse(CallReport().json());
  EXPECT_TRUE(report["status"].is_null());
  EXPECT_TRUE(report["retry_at"].is_null());
  EXPECT_EQ(report["attempts"], json::array());
}

TEST(Report, JsonIsUtf8WhateverTheServerSaid) {
  CallReport report = two_attempts();
  report.attempts[0].detail = "bad \xFF byte\n";
  EXPECT_TRUE(json::accept(report.json()));
}

TEST(Report, TheLineIsOneLine) {
  EXPECT_EQ(two_attempts().line(),
            "GET http://a.test/: later after 2 attempts in 2.500 s: status 503, Retry-After 120 s "
            "(retry_after_too_long)");
  EXPECT_EQ(CallReport().line().find('\n'), std::string::npos);
}

TEST(Report, TheBlockTellsEachAttemptWhyItStoppedAndWhatToDo) {
  const std::string text = two_attempts().text();
  for (const auto* words :
       {"GET http://a.test/", "1. at   0.000 s  maybe", "reset (connection reset by peer)",
        "again after 0.500 s", "2. at   1.500 s  responded", "status 503, Retry-After 120 s",
        "reused connection",
        "later after 2.500 s (retry_after_too_long): the server asks for a "
        "longer wait than this call allows",
        "next: come back at 2026-11-24T09:00:00.000Z"}) {
    EXPECT_NE(text.find(words), std::string::npos) << words << "\n" << text;
  }
}

std::string next_of(CallOutcome outcome, StopReason reason, Resend resend,
                    Fault fault = Fault::none) {
  CallReport report;
  report.outcome = outcome;
  report.stop_reason = reason;
  report.resend = resend;
  report.key = "k-1";
  report.attempts = {{.number = 1, .fault = fault}};
  const std::string text = report.text();
  const auto at = text.find("next: ");
  return at == std::string::npos ? "" : text.substr(at + 6);
}

TEST(Report, EveryFailureNamesTheNextStep) {
  const auto failed = [](StopReason reason, Fault fault = Fault::none) {
    return next_of(CallOutcome::failed, reason, Resend::safe, fault);
  };
  EXPECT_NE(failed(StopReason::permanent_status).find("correct the request"), std::string::npos);
  const std::pair<Fault, const char*> local[] = {
      {Fault::tls_certificate, "ca_file"}, {Fault::tls_hostname, "by a name"},
      {Fault::tls_not_tls, "port"},        {Fault::tls_alert, "client certificate"},
      {Fault::dns_not_found, "name"},      {Fault::local_failure, "descriptors"},
      {Fault::upload_failed, "readable"},  {Fault::body_too_large, "max_body"},
      {Fault::sink_failed, "make room"},   {Fault::invalid_request, "correct the request"}};
  for (const auto& [fault, words] : local) {
    EXPECT_NE(failed(StopReason::permanent_error, fault).find(words), std::string::npos)
        << to_string(fault);
  }
  const std::pair<StopReason, const char*> stops[] = {
      {StopReason::method_not_allowed, "allowed_methods"},
      {StopReason::retries_off, "switch retries on"},
      {StopReason::body_not_replayable, "rewind"},
      {StopReason::too_many_redirects, "redirects lead"},
      {StopReason::redirect_refused, "https"},
      {StopReason::redirect_invalid, "Location"},
      {StopReason::server_forbids, "the server asked not to"},
      {StopReason::attempts_exhausted, "safe to send it again"},
      {StopReason::deadline, "safe to send it again"}};
  for (const auto& [reason, words] : stops) {
    EXPECT_NE(failed(reason).find(words), std::string::npos) << to_string(reason);
  }
}

TEST(Report, AStatusOfTheMomentThatThePolicyLeavesOutCallsForNoCorrection) {
  CallReport report = two_attempts();
  report.outcome = CallOutcome::failed;
  report.stop_reason = StopReason::permanent_status;
  for (const int status : {408, 429, 500, 502, 503, 504}) {
    report.attempts[1].status = status;
    EXPECT_NE(report.text().find("next: it is safe to send it again"), std::string::npos) << status;
  }
  report.attempts[1].status = 501;
  EXPECT_NE(report.text().find("next: correct the request"), std::string::npos);
}

TEST(Report, AHintIsCalledByWhoSaidIt) {
  CallReport report = two_attempts();
  const std::pair<Signal, const char*> names[] = {
      {Signal::rate_limit, "status 503, RateLimit 120 s"},
      {Signal::vendor_rate_limit, "status 503, vendor's rate limit 120 s"},
      {Signal::retry_after_ms, "status 503, retry-after-ms 120 s"}};
  for (const auto& [signal, words] : names) {
    report.attempts[1].asked_by = signal;
    EXPECT_NE(report.line().find(words), std::string::npos) << report.line();
  }
}

TEST(Report, NeverAdvisesADuplicate) {
  EXPECT_NE(next_of(CallOutcome::in_doubt, StopReason::in_doubt, Resend::unsafe)
                .find("find out whether it happened before sending it again"),
            std::string::npos);
  EXPECT_NE(next_of(CallOutcome::in_doubt, StopReason::attempts_exhausted, Resend::same_key)
                .find("same idempotency key (k-1)"),
            std::string::npos);
  EXPECT_NE(next_of(CallOutcome::failed, StopReason::attempts_exhausted, Resend::unsafe)
                .find("do not repeat it blindly"),
            std::string::npos);
  EXPECT_NE(next_of(CallOutcome::later, StopReason::not_idempotent, Resend::unsafe)
                .find("after finding out whether it happened"),
            std::string::npos);
  EXPECT_EQ(next_of(CallOutcome::ok, StopReason::succeeded, Resend::safe), "");
}

TEST(Report, EveryWordIsItsOwn) {
  std::set<std::string_view> words;
  constexpr int last = static_cast<int>(StopReason::cancelled);
  for (int i = 0; i <= last; ++i) words.insert(to_string(static_cast<StopReason>(i)));
  EXPECT_EQ(words.size(), static_cast<std::size_t>(last) + 1);
  EXPECT_EQ(to_string(StopReason::body_not_replayable), "body_not_replayable");
  EXPECT_EQ(to_string(StopReason::stopped_by_caller), "stopped_by_caller");
  EXPECT_EQ(to_string(CallOutcome::in_doubt), "in_doubt");
  EXPECT_EQ(to_string(Resend::same_key), "same_key");
  EXPECT_EQ(to_string(Decision::redirect), "redirect");
}

}  // namespace

// What the ancestors do wrong, row by row, and what redial does instead: through the real session,
// on a fake clock. The rows are those of the guide that redial comes from where it is imprecise, of
// the recorded quirks of urllib3 (tests/data/urllib3.json), and of what users of the ancestors ask
// for. Rows that need a socket are integration tests:
// Wire.ADeadPooledConnectionIsReplacedBeforeAnything…,
// Session.SharedBetweenThreadsReusesConnections, Cancel.*.

#include <set>

#include <gtest/gtest.h>

#include <redial/json.hpp>
#include <redial/redial.hpp>
#include <redial/testing/scripted_transport.hpp>

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::Scripted;
using redial::testing::ScriptedTransport;

struct Bench {
  explicit Bench(Retry retry = {}, Timeouts timeouts = {}, double draw = 0.5,
                 std::shared_ptr<Guard> guard = nullptr)
      : session(fixed(draw, guard == nullptr)) {
    const Adapter adapter{
        .max_retries = retry, .timeouts = timeouts, .transport = transport, .guard = guard};
    session.mount("http://", adapter);
    session.mount("https://", adapter);
  }
  static SessionOptions fixed(double draw, bool pause_hosts) {
    SessionOptions options;
    options.pause_hosts = pause_hosts;
    options.draw = Uniform::always(draw);
    return options;
  }
  Bench& then(Scripted attempt) {
    transport->then(std::move(attempt));
    return *this;
  }
  // `attempt`, over and over.
  Bench& always(const Scripted& attempt) {
    transport->otherwise([attempt](const SentRequest&) { return attempt; });
    return *this;
  }
  CallReport call(std::string_view method = "GET", RequestOptions options = {}) {
    const auto result = session.try_request(method, "http://a.test/", std::move(options));
    return result ? result->report() : result.error().report();
  }
  Duration elapsed() const { return transport->clock().elapsed(); }

  using SentRequest = redial::testing::SentRequest;
  std::shared_ptr<ScriptedTransport> transport = std::make_shared<ScriptedTransport>();
  Session session;
};

Scripted busy(std::string hint = {}) {
  return Scripted::answer(503, hint.empty() ? Headers{} : Headers{{"Retry-After", hint}}, "busy");
}

Scripted hanging() {
  Scripted attempt = Scripted::answer(200);
  attempt.never_ends = true;
  return attempt;
}

std::vector<Duration> waits_of(const CallReport& report) {
  std::vector<Duration> waits;
  for (const auto& attempt : report.attempts) {
    if (attempt.decision != Decision::stop) waits.push_back(attempt.wait);
  }
  return waits;
}

using Waits = std::vector<Duration>;

// The guide's baseline.
Retry baseline() {
  return {.total = 4,
          .backoff_factor = 2s,
          .status_forcelist = {429, 500, 502, 503, 504},
          .allowed_methods = {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"}};
}

// --- where the guide is imprecise or wrong

TEST(Guide, TotalCountsRetriesAndReportsCountAttempts) {
  const auto report = Bench(baseline()).always(busy()).call();
  EXPECT_EQ(report.attempts.size(), 5U);
  EXPECT_EQ(report.attempts.back().number, 5);
  EXPECT_NE(report.line().find("after 5 attempts"), std::string::npos) << report.line();
}

TEST(Guide, TheBackoffIsTheFormulaAsWritten) {
  Retry retry{.total = 4, .backoff_factor = 10s, .backoff_max = 120s};
  retry.backoff_jitter = Jitter::none();
  EXPECT_EQ(waits_of(Bench(retry, {.deadline = 10min}).always(busy()).call()),
            (Waits{10s, 20s, 40s, 80s}));
  Retry preset = Retry::urllib3();  // what the ancestor really does with those numbers
  preset.total = 4;
  preset.backoff_factor = 10s;
  preset.status_forcelist = {503};
  EXPECT_EQ(waits_of(Bench(preset, {.deadline = 10min}).always(busy()).call()),
            (Waits{0s, 20s, 40s, 80s}));
}

TEST(Guide, AHangingServerCostsTheDeadlineAndNotTheSumOfEverything) {
  Bench bench(baseline());
  bench.always(hanging());
  const auto report = bench.call("GET", {.timeout = 10s});
  EXPECT_EQ(report.outcome, CallOutcome::failed);
  EXPECT_LE(bench.elapsed(), 60s);  // five attempts and the waits would be 78 s
  EXPECT_EQ(report.stop_reason, StopReason::deadline);
}

TEST(Guide, EveryKindOfJitterIsThere) {
  const auto first_wait = [](Jitter jitter, double draw) {
    Retry retry{.total = 1, .backoff_factor = 4s, .backoff_jitter = jitter};
    return waits_of(Bench(retry, {}, draw).always(busy()).call()).at(0);
  };
  EXPECT_EQ(first_wait(Jitter::none(), 0.5), Duration(4s));
  EXPECT_EQ(first_wait(Jitter::full(), 0.5), Duration(2s));
  EXPECT_EQ(first_wait(Jitter::equal(), 0.5), Duration(3s));
  EXPECT_EQ(first_wait(Jitter::additive(1s), 0.5), Duration(4500ms));
  EXPECT_EQ(first_wait(Jitter::decorrelated(), 0.5), Duration(4s));  // no wait came before
}

TEST(Guide, RaiseForStatusSeesTheLastAnswerAfterRetriesRanOut) {
  Bench bench(baseline());
  bench.always(busy());
  const Response response = bench.session.get("http://a.test/");
  try {
    response.raise_for_status();
    FAIL() << "a 503 passed";
  } catch (const StatusError& error) {
    ASSERT_NE(error.response(), nullptr);
    EXPECT_EQ(error.response()->status(), 503);
    EXPECT_EQ(error.response()->body(), "busy");
    EXPECT_EQ(error.report().attempts.size(), 5U);
  }
}

TEST(Guide, ATimeoutIsATimeoutWithAndWithoutAPolicy) {
  for (const Retry& retry : {Retry{.total = Count::off()}, baseline()}) {
    Bench bench(retry);
    bench.always(hanging());
    EXPECT_THROW(bench.session.get("http://a.test/", {.timeout = 1s}), TimeoutError);
  }
}

TEST(Guide, EvidenceDecidesForEveryCauseAndNotTheMethodAlone) {
  for (const Fault unsent : {Fault::connect_refused, Fault::connect_timeout, Fault::tls_handshake,
                             Fault::proxy_unreachable, Fault::dns_failure}) {
    Bench bench(baseline());
    bench.then(Scripted::failing(unsent)).then(Scripted::answer(201));
    EXPECT_EQ(bench.call("POST").attempts.size(), 2U) << to_string(unsent);
  }
  for (const Fault lost : {Fault::reset, Fault::closed, Fault::attempt_timeout, Fault::head_cut,
                           Fault::tls_alert_late}) {
    Bench bench(baseline());
    const auto report = bench.then(Scripted::failing(lost)).call("POST");
    EXPECT_EQ(report.attempts.size(), 1U) << to_string(lost);
    EXPECT_EQ(report.outcome, CallOutcome::in_doubt) << to_string(lost);
  }
}

TEST(Guide, AHintIsObeyedBoundedAndNeverDeadly) {
  Bench obeyed;
  obeyed.then(busy("7")).then(Scripted::answer(200));
  EXPECT_EQ(obeyed.call().outcome, CallOutcome::ok);
  EXPECT_GE(obeyed.elapsed(), 7s);

  Bench bounded;
  const auto report = bounded.then(busy("3600")).call();
  EXPECT_EQ(report.stop_reason, StopReason::retry_after_too_long);
  EXPECT_EQ(bounded.elapsed(), 0s);

  Bench malformed;
  malformed.then(busy("soon")).then(Scripted::answer(200));
  EXPECT_EQ(malformed.call().outcome, CallOutcome::ok);
}

TEST(Guide, A404OrA401IsNotRetriedAnd201And204AreSuccess) {
  for (const int status : {404, 401, 403, 410}) {
    EXPECT_EQ(Bench().always(Scripted::answer(status)).call().attempts.size(), 1U) << status;
  }
  for (const int status : {200, 201, 202, 204}) {
    EXPECT_EQ(Bench().always(Scripted::answer(status)).call().outcome, CallOutcome::ok) << status;
  }
}

TEST(Guide, TheLastErrorIsNotLost) {
  Bench bench(baseline());
  bench.always(Scripted::failing(Fault::reset));
  const auto result = bench.session.try_get("http://a.test/");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind(), ErrorKind::protocol);
  EXPECT_EQ(result.error().report().attempts.back().fault, Fault::reset);
}

TEST(Guide, A200WithBadJsonIsOneAttemptAndAnErrorThatSaysWhere) {
  Bench bench(baseline());
  bench.then(Scripted::answer(200, {}, "{\"a\": "));
  const auto response = bench.session.get("http://a.test/");
  EXPECT_EQ(response.report().attempts.size(), 1U);
  try {
    (void)response.json();
    FAIL() << "half a document passed";
  } catch (const BodyError& error) {
    EXPECT_NE(std::string(error.what()).find("http://a.test/"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("column"), std::string::npos) << error.what();
  }
}

TEST(Guide, AMockedTestRunsTheRealPolicy) {
  Bench bench(baseline());
  bench.then(busy()).then(busy()).then(Scripted::answer(200));
  EXPECT_EQ(bench.session.get("http://a.test/").status(), 200);
  EXPECT_EQ(bench.transport->requests().size(), 3U);
}

TEST(Guide, TheDefaultStatusesAreOneListAndPermanent5xxAreNotInIt) {
  for (const int status : {408, 425, 429, 500, 502, 503, 504}) {
    Bench bench;
    bench.then(Scripted::answer(status)).then(Scripted::answer(200));
    EXPECT_EQ(bench.call().attempts.size(), 2U) << status;
  }
  for (const int status : {501, 505, 506, 510, 511}) {
    EXPECT_EQ(Bench().always(Scripted::answer(status)).call().attempts.size(), 1U) << status;
  }
}

// What one call hears of a 429 holds the next call back: the seam that rate limits will use.
class Listener final : public Guard {
 public:
  Admission admit(const AttemptContext&, Now now) noexcept override {
    if (now.steady < open_at_) return {.kind = Admission::Kind::until, .at = open_at_};
    return {};
  }
  void end(const AttemptContext&, std::uint64_t, const Outcome* outcome,
           Now now) noexcept override {
    if (outcome != nullptr && outcome->retry_after) open_at_ = now.steady + *outcome->retry_after;
  }

 private:
  SteadyTime open_at_{};
};

TEST(Guide, AServersSignalCanHoldBackOtherCalls) {
  Bench bench({.total = 0}, {}, 0.5, std::make_shared<Listener>());
  bench.then(Scripted::answer(429, {{"Retry-After", "9"}})).then(Scripted::answer(200));
  bench.call();
  EXPECT_EQ(bench.elapsed(), 0s);
  EXPECT_EQ(bench.call().outcome, CallOutcome::ok);
  EXPECT_EQ(bench.elapsed(), 9s);
}

// --- recorded quirks of urllib3, under its own preset

Retry preset(int total) {
  Retry retry = Retry::urllib3();
  retry.total = total;
  return retry;
}

TEST(Quirk, AMalformedHintIsIgnoredAndTheBackoffIsWaited) {
  for (const char* hint : {"+1", "\xC2\xB2", "soon", "-1", "1.0", "1m0s", ""}) {
    Retry retry = preset(3);
    retry.backoff_factor = 1s;
    retry.status_forcelist = {503};
    Bench bench(retry);
    bench.then(busy(hint)).then(busy(hint)).then(Scripted::answer(200));
    const auto report = bench.call();
    EXPECT_EQ(report.outcome, CallOutcome::ok) << hint;
    EXPECT_EQ(waits_of(report), (Waits{0s, 2s})) << hint;
  }
}

TEST(Quirk, AnEmptyListOfMethodsAllowsNone) {
  Retry retry = preset(1);
  retry.status_forcelist = {500};
  retry.allowed_methods = {};
  Bench bench(retry);
  bench.then(Scripted::answer(500));
  EXPECT_EQ(bench.call("POST").attempts.size(), 1U);
}

TEST(Quirk, TotalOffReturnsTheAnswer) {
  Retry retry = preset(0);
  retry.total = Count::off();
  retry.status_forcelist = {500};
  Bench bench(retry);
  bench.then(Scripted::answer(500));
  const auto response = bench.session.get("http://a.test/");
  EXPECT_EQ(response.status(), 500);
  EXPECT_EQ(response.report().stop_reason, StopReason::retries_off);
}

TEST(Quirk, OtherAndStatusOffAreOffLikeTheRest) {
  Retry retry = preset(3);
  retry.other = Count::off();
  retry.status = Count::off();
  retry.status_forcelist = {500};
  Bench tls(retry);
  EXPECT_EQ(tls.then(Scripted::failing(Fault::tls_handshake)).call().stop_reason,
            StopReason::retries_off);
  Bench status(retry);
  EXPECT_EQ(status.then(Scripted::answer(500)).call().stop_reason, StopReason::retries_off);
}

TEST(Quirk, A3xxInTheListIsAStatusWhenRedirectsAreOff) {
  Retry retry = preset(2);
  retry.status_forcelist = {302};
  Bench bench(retry);
  const auto moved = Scripted::answer(302, {{"Location", "/b"}});
  bench.then(moved).then(moved).then(Scripted::answer(200));
  const auto report = bench.call("GET", {.follow_redirects = false});
  ASSERT_EQ(report.attempts.size(), 3U);
  EXPECT_EQ(report.attempts[0].cause, Cause::status);
  EXPECT_EQ(report.attempts[0].decision, Decision::retry);
  EXPECT_EQ(report.attempts[2].hop, 0);
}

TEST(Quirk, ARedirectsHintIsObeyedUnlessThatIsSwitchedOff) {
  for (const bool obeys : {true, false}) {
    Retry retry = preset(2);
    retry.respect_retry_after_header = obeys;
    Bench bench(retry);
    bench.then(Scripted::answer(303, {{"Location", "/b"}, {"Retry-After", "5"}}))
        .then(Scripted::answer(200));
    EXPECT_EQ(bench.call().outcome, CallOutcome::ok);
    EXPECT_EQ(bench.elapsed(), obeys ? 5s : 0s);
  }
}

TEST(Quirk, AStreamIsNeverSentAgainEmpty) {
  Retry retry = preset(2);
  retry.status_forcelist = {500};
  Bench bench(retry);
  bench.then(Scripted::answer(500));
  bool given = false;
  const auto source = [&](char* into, std::size_t) {
    if (given) return std::size_t{0};
    given = true;
    *into = 'x';
    return std::size_t{1};
  };
  const auto report = bench.call("PUT", {.body = Body::stream(source)});
  EXPECT_EQ(report.stop_reason, StopReason::body_not_replayable);
  ASSERT_EQ(bench.transport->requests().size(), 1U);
  EXPECT_EQ(bench.transport->requests()[0].body, "x");
}

TEST(Quirk, NegativeCountsAreRefusedByName) {
  Session session;
  try {
    session.mount("http://", {.max_retries = preset(-1)});
    FAIL() << "accepted";
  } catch (const std::invalid_argument& error) {
    EXPECT_NE(std::string(error.what()).find("Retry.total"), std::string::npos) << error.what();
  }
}

TEST(Quirk, CertificateFailuresAreNeverRetried) {
  for (const Fault fault : {Fault::tls_certificate, Fault::tls_hostname}) {
    Bench bench(preset(5));
    const auto report = bench.then(Scripted::failing(fault)).call();
    EXPECT_EQ(report.attempts.size(), 1U);
    EXPECT_EQ(report.stop_reason, StopReason::permanent_error);
  }
}

// --- what users of the ancestors ask for; the number is the row

TEST(Asked, R01ADefaultSessionHasLimits) {
  Bench bench;
  bench.always(hanging());
  const auto report = bench.call();
  EXPECT_EQ(report.attempts.at(0).fault, Fault::attempt_timeout);
  EXPECT_EQ(report.attempts.at(0).elapsed, Duration(10s));
}

TEST(Asked, R02OneLimitOverEverything) {
  Bench bench;
  bench.always(hanging());
  bench.call("GET", {.deadline = 2s});
  EXPECT_EQ(bench.elapsed(), 2s);
}

TEST(Asked, R03ALongHintIsRefusedAndToldToTheCaller) {
  Bench bench;
  const WallTime start = bench.transport->clock().now().wall;
  const auto report = bench.then(busy("7200")).call();
  EXPECT_EQ(report.outcome, CallOutcome::later);
  EXPECT_EQ(report.retry_at, start + 2h);
  EXPECT_EQ(bench.elapsed(), 0s);
}

TEST(Asked, R04AStatusThatIsNotListedIsNotWaitedForWhateverItsHint) {
  Bench bench({.status_forcelist = {500}});
  EXPECT_EQ(bench.then(busy("5")).call().attempts.size(), 1U);
  EXPECT_EQ(bench.elapsed(), 0s);
}

TEST(Asked, R05TheSameStatusIsAlwaysReturned) {
  for (const char* hint : {"", "1"}) {
    Bench bench({.total = 1});
    bench.always(busy(hint));
    const auto result = bench.session.try_get("http://a.test/");
    ASSERT_TRUE(result.has_value()) << "Retry-After: " << hint;
    EXPECT_EQ(result->status(), 503);
  }
}

TEST(Asked, R06AHintIsObeyedOnEveryRetriedStatus) {
  for (const int status : {408, 425, 429, 500, 502, 503, 504}) {
    Bench bench;
    bench.then(Scripted::answer(status, {{"Retry-After", "5"}})).then(Scripted::answer(200));
    bench.call();
    EXPECT_GE(bench.elapsed(), 5s) << status;
  }
}

TEST(Asked, R07AVendorsMalformedHintDoesNotCrash) {
  for (const char* hint : {"1m0s", "0.503"}) {
    Bench bench;
    bench.then(busy(hint)).then(Scripted::answer(200));
    EXPECT_EQ(bench.call().outcome, CallOutcome::ok) << hint;
    EXPECT_EQ(bench.elapsed(), 250ms) << hint;  // half of the first backoff
  }
}

TEST(Asked, R08TheFirstRetryWaitsTheFactor) {
  Bench bench({.backoff_factor = 3s, .backoff_jitter = Jitter::none()});
  bench.then(busy()).then(Scripted::answer(200));
  EXPECT_EQ(waits_of(bench.call()), (Waits{3s}));
}

TEST(Asked, R09And10DefaultsWaitAndAreSpread) {
  std::set<Duration> waits;
  for (const double draw : {0.1, 0.4, 0.9}) {
    Bench bench({}, {}, draw);
    bench.then(busy()).then(Scripted::answer(200));
    waits.insert(waits_of(bench.call()).at(0));
  }
  EXPECT_EQ(waits.size(), 3U);
  EXPECT_GT(*waits.begin(), Duration::zero());
}

TEST(Asked, R11ThePredicateSeesHeadersAndBody) {
  Bench bench;
  bench.then(Scripted::answer(200, {{"X-State", "pending"}}, "1"))
      .then(Scripted::answer(200, {{"X-State", "done"}}, "pending"))
      .then(Scripted::answer(200, {{"X-State", "done"}}, "3"));
  const auto report = bench.call("GET", {.retry_if = [](const Response& response) {
                                   return response.headers().get("X-State") == "pending" ||
                                          response.body() == "pending";
                                 }});
  EXPECT_EQ(report.attempts.size(), 3U);
}

TEST(Asked, R13TheFinalErrorKeepsEveryAttemptAndTheLastAnswer) {
  Bench bench({.total = 2});
  bench.then(busy()).then(busy()).then(Scripted::failing(Fault::reset));
  const auto result = bench.session.try_get("http://a.test/");
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().report().attempts.size(), 3U);
  ASSERT_NE(result.error().response(), nullptr);
  EXPECT_EQ(result.error().response()->body(), "busy");
}

TEST(Asked, R15ALostBodyIsRetried) {
  Bench bench;
  bench.then(Scripted::failing(Fault::body_cut)).then(Scripted::answer(200, {}, "whole"));
  EXPECT_EQ(bench.session.get("http://a.test/").body(), "whole");
}

TEST(Asked, R16And23TheErrorIsTheOriginalOneAndNotAWrapper) {
  const auto thrown_by = [](Fault fault) {
    Bench bench({.total = 1});
    bench.always(Scripted::failing(fault));
    return bench.session.try_get("http://a.test/").error().kind();
  };
  EXPECT_EQ(thrown_by(Fault::attempt_timeout), ErrorKind::timeout);
  EXPECT_EQ(thrown_by(Fault::connect_timeout), ErrorKind::timeout);
  EXPECT_EQ(thrown_by(Fault::connect_refused), ErrorKind::connect);
  EXPECT_EQ(thrown_by(Fault::tls_certificate), ErrorKind::tls);
  EXPECT_EQ(thrown_by(Fault::closed), ErrorKind::protocol);
}

TEST(Asked, R18APostThatIsNotRetriedSaysWhy) {
  Bench bench;
  const auto report = bench.then(Scripted::failing(Fault::closed)).call("POST");
  EXPECT_EQ(report.attempts.size(), 1U);
  EXPECT_NE(report.text().find("sending it again could act twice"), std::string::npos);
  Bench refused;
  const auto status = refused.then(busy()).call("POST");
  EXPECT_EQ(status.stop_reason, StopReason::not_idempotent);
  EXPECT_NE(status.text().find("no idempotency key"), std::string::npos) << status.text();
}

TEST(Asked, R19AConnectionErrorIsNotGatedByMethods) {
  Bench bench({.allowed_methods = {}});
  bench.then(Scripted::failing(Fault::connect_refused)).then(Scripted::answer(200));
  EXPECT_EQ(bench.call("POST").attempts.size(), 2U);
}

TEST(Asked, R21APolicyForOneRequest) {
  Bench bench({.total = 0});
  bench.then(busy()).then(Scripted::answer(200)).then(busy());
  EXPECT_EQ(bench.call("GET", {.retry = Retry{.total = 1}}).attempts.size(), 2U);
  EXPECT_EQ(bench.call().attempts.size(), 1U);
}

TEST(Asked, R22ABodyThatCannotBeReplayedIsNamed) {
  Bench bench;
  bench.then(busy());
  const auto nothing = [](char*, std::size_t) { return std::size_t{0}; };
  const auto report = bench.call("PUT", {.body = Body::stream(nothing)});
  EXPECT_NE(report.text().find("body can be sent only once"), std::string::npos) << report.text();
}

TEST(Asked, R24EachCallHasItsOwnReport) {
  Bench bench;
  bench.then(busy()).then(Scripted::answer(200)).then(Scripted::answer(200));
  const auto first = bench.session.get("http://a.test/");
  const auto second = bench.session.get("http://a.test/");
  EXPECT_EQ(first.report().attempts.size(), 2U);
  EXPECT_EQ(second.report().attempts.size(), 1U);
}

TEST(Asked, R25TheDeadlineIsNotOvershotByAWait) {
  Bench bench({.backoff_factor = 4s, .backoff_jitter = Jitter::none()});
  const auto report = bench.then(busy()).call("GET", {.deadline = 4s});
  EXPECT_EQ(report.stop_reason, StopReason::deadline);
  EXPECT_EQ(bench.elapsed(), 0s);
}

TEST(Asked, R26AStopEndsACallBeforeItsWait) {
  Bench bench;
  std::stop_source stop;
  bench.transport->otherwise([&](const auto&) {
    stop.request_stop();
    return busy("30");
  });
  const auto report = bench.call("GET", {.stop = stop.get_token()});
  EXPECT_EQ(report.stop_reason, StopReason::cancelled);
  EXPECT_EQ(bench.elapsed(), 0s);
}

TEST(Asked, R26AStopInAWaitLeavesTheTimeToComeBackAt) {
  struct StopsWaits : Observer {
    void retry_scheduled(const CallView&, const AttemptReport&, Now) override {
      stop.request_stop();
    }
    std::stop_source stop;
  };
  const auto observer = std::make_shared<StopsWaits>();
  const auto transport = std::make_shared<ScriptedTransport>();
  transport->then(busy("30"));
  Session session(SessionOptions{.observer = observer});
  session.mount("http://", {.transport = transport});
  const WallTime start = transport->clock().now().wall;
  const auto result = session.try_get("http://a.test/", {.stop = observer->stop.get_token()});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind(), ErrorKind::cancelled);
  EXPECT_EQ(result.error().retry_at(), start + 30s);
  EXPECT_EQ(transport->requests().size(), 1U);
}

TEST(Asked, R27TheReportSaysWhichLimitEndedTheCall) {
  Bench attempts({.total = 2});
  EXPECT_NE(attempts.always(busy()).call().text().find("no retries were left"), std::string::npos);
  Bench time({.total = 20});
  EXPECT_NE(time.always(hanging()).call().text().find("deadline"), std::string::npos);
}

// Counts, that is; limits on what a server may make us hold and TLS are each hop's own.
TEST(Redirects, TheFirstUrlsPolicyRulesAndTlsIsTheHops) {
  Bench bench({.total = 1});
  bench.session.mount(
      "https://b.test",
      {.max_retries = {.total = 5}, .transport = bench.transport, .tls = {.verify = false}});
  bench.then(Scripted::answer(302, {{"Location", "https://b.test/"}})).always(busy());
  EXPECT_EQ(bench.session.get("https://a.test/").report().attempts.size(), 3U);
  const auto sent = bench.transport->requests();
  ASSERT_EQ(sent.size(), 3U);
  EXPECT_TRUE(sent[0].tls.verify);
  EXPECT_FALSE(sent[1].tls.verify);
  EXPECT_FALSE(sent[2].tls.verify);
}

TEST(Limits, ABodyInMemoryIsBoundedWithoutAnyonesWord) {
  Bench bench;
  bench.then(Scripted::answer(200, {}, std::string((64 << 20) + 1, 'x')));
  const auto report = bench.call();
  EXPECT_EQ(report.attempts.at(0).fault, Fault::body_too_large);
  EXPECT_EQ(ReceiveLimits().body_bytes, 64U << 20);
}

TEST(Asked, R30CertificateFailuresAreNotRetried) {
  Bench bench;
  EXPECT_EQ(bench.then(Scripted::failing(Fault::tls_certificate)).call().attempts.size(), 1U);
}

TEST(Asked, R32AHintInThePastMeansTheBackoff) {
  Bench bench({.backoff_factor = 3s, .backoff_jitter = Jitter::none()});
  bench.then(busy("Mon, 01 Jan 2001 00:00:00 GMT")).then(Scripted::answer(200));
  EXPECT_EQ(bench.call().outcome, CallOutcome::ok);
  EXPECT_GE(bench.elapsed(), 3s);
}

}  // namespace

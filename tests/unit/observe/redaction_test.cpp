// One secret, planted wherever a request or an answer can hold one; calls that end in every way;
// and everything that redial says about them searched for it.

#include <fstream>
#include <functional>
#include <sstream>

#include <gtest/gtest.h>

#include <redial/http/redact.hpp>
#include <redial/observe/log.hpp>
#include <redial/observe/metrics.hpp>
#include <redial/redial.hpp>
#include <redial/retrying/log.hpp>
#include <redial/retrying/retrying.hpp>
#include <redial/testing/scripted_transport.hpp>

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::Scripted;
using redial::testing::ScriptedTransport;

const std::string k_secret = "PLANTED";

// As it may also look: percent-encoded and in Basic credentials, where it stands at any offset.
bool holds_secret(const std::string& text) {
  const std::string basic = base64_encode("PLANTED:PLANTED");
  const std::string escaped = "%50LANTED";
  return text.find(k_secret) != std::string::npos || text.find(basic) != std::string::npos ||
         text.find(escaped) != std::string::npos;
}

Scripted marked(int status, Headers headers = {}) {
  headers.add("Set-Cookie", "sid=" + k_secret);
  headers.add("X-Request-Token", k_secret);
  return Scripted::answer(status, std::move(headers), "body with " + k_secret);
}

const std::string k_target =
    "http://PLANTED:PLANTED@b.test/next?token=PLANTED&%74oken=%50LANTED#PLANTED";

struct Case {
  std::string name;
  std::string method;
  std::vector<Scripted> script;
  CallOutcome outcome;
  std::function<void(RequestOptions&)> adjust = nullptr;
};

class FullDisk final : public BodySink {
 public:
  void begin(const Response&) override {}
  void write(std::string_view) override { throw std::runtime_error("no space left on device"); }
  void commit() override {}
  void abandon() noexcept override {}
};
FullDisk g_full_disk;

std::vector<Case> cases() {
  Scripted endless = marked(200);
  endless.never_ends = true;
  const Scripted lost = Scripted::failing(Fault::reset);
  Scripted cut = Scripted::failing(Fault::body_cut);
  cut.body = k_secret;
  cut.headers = {{"Set-Cookie", k_secret}};
  const auto redirect = [](const std::string& to) { return marked(302, {{"Location", to}}); };
  std::stop_source stopped;
  stopped.request_stop();
  return {
      {"success", "GET", {marked(200)}, CallOutcome::ok},
      {"success after retries", "PUT", {marked(503), lost, marked(200)}, CallOutcome::ok},
      {"failure", "GET", {marked(404)}, CallOutcome::failed},
      {"exhausted", "GET", {lost, lost, lost, lost}, CallOutcome::failed},
      {"in doubt", "POST", {lost}, CallOutcome::in_doubt},
      {"in doubt with a key",
       "POST",
       {lost, lost, lost, lost},
       CallOutcome::in_doubt,
       [](RequestOptions& options) { options.idempotency_key = "order-1"; }},
      {"body lost", "POST", {cut}, CallOutcome::in_doubt},
      {"later", "GET", {marked(429, {{"Retry-After", "7200"}})}, CallOutcome::later},
      {"odd hint", "GET", {marked(429, {{"Retry-After", k_secret}}), marked(200)}, CallOutcome::ok},
      {"redirect", "GET", {redirect(k_target), marked(200)}, CallOutcome::ok},
      {"redirect, then failure",
       "POST",
       {redirect(k_target), marked(500), lost, lost, lost},
       CallOutcome::failed},
      {"relative redirect",
       "GET",
       {redirect("/x?api_key=PLANTED"), marked(500), lost, lost, lost},
       CallOutcome::failed},
      {"redirect to nowhere",
       "GET",
       {redirect("ftp://PLANTED:PLANTED@b.test/?token=PLANTED")},
       CallOutcome::failed},
      {"redirect to nonsense",
       "GET",
       {redirect("http://PLANTED@[::PLANTED?token=PLANTED")},
       CallOutcome::failed},
      {"redirect not followed",
       "GET",
       {redirect(k_target)},
       CallOutcome::ok,
       [](RequestOptions& options) { options.follow_redirects = false; }},
      {"redirects without end",
       "GET",
       {redirect(k_target), redirect(k_target)},
       CallOutcome::failed,
       [](RequestOptions& options) { options.retry = Retry{.redirect = 1}; }},
      {"deadline",
       "GET",
       {endless},
       CallOutcome::failed,
       [](RequestOptions& options) { options.deadline = 1s; }},
      {"cancelled",
       "GET",
       {},
       CallOutcome::cancelled,
       [stopped](RequestOptions& options) { options.stop = stopped.get_token(); }},
      {"look-up",
       "GET",
       {Scripted::failing(Fault::dns_not_found), Scripted::failing(Fault::dns_not_found)},
       CallOutcome::failed},
      {"certificate", "GET", {Scripted::failing(Fault::tls_certificate)}, CallOutcome::failed},
      {"garbled", "POST", {Scripted::failing(Fault::head_malformed)}, CallOutcome::in_doubt},
      {"full disk",
       "GET",
       {marked(200)},
       CallOutcome::failed,
       [](RequestOptions& options) { options.sink = &g_full_disk; }},
  };
}

// Everything that redial says about one call.
using Said = std::vector<std::pair<std::string, std::string>>;

void add_report(Said& said, const CallReport& report) {
  said.emplace_back("report line", report.line());
  said.emplace_back("report text", report.text());
  said.emplace_back("report json", report.json());
}

RequestOptions planted() {
  RequestOptions options{
      .params = {{"api_key", k_secret}, {"PASSWORD", k_secret}, {"session", k_secret}},
      .headers = {{"X-Api-Key", k_secret},
                  {"Cookie", "sid=" + k_secret},
                  {"Proxy-Authorization", "Basic " + k_secret}},
      .json = "{\"card\": \"" + k_secret + "\"}"};
  return options;
}

// Where the call's credentials come from.
enum class From : std::uint8_t { its_own_words, files };

void expect_nothing_shown(const Case& one, From from) {
  std::string lines;
  const auto keep = [&](std::string_view line) { lines += line; };
  const auto metrics = std::make_shared<Metrics>();
  const auto transport = std::make_shared<ScriptedTransport>();
  for (const auto& attempt : one.script) transport->then(attempt);
  SessionOptions given;
  given.headers = {{"X-Auth-Token", k_secret}};
  given.secret_query_names.emplace_back("session");
  given.observer = std::make_shared<Observers>(std::vector<std::shared_ptr<Observer>>{
      metrics,
      std::make_shared<Log>(make_line_sink(LogFormat::text, keep),
                            LogOptions{.level = LogLevel::debug}),
      std::make_shared<Log>(make_line_sink(LogFormat::json, keep),
                            LogOptions{.level = LogLevel::debug})});
  if (from == From::files)
    given.netrc = Netrc::parse("default login " + k_secret + " password " + k_secret);
  Session session(given);
  session.mount("http://", {.transport = transport});

  RequestOptions options = planted();
  std::string userinfo = "PLANTED:PLANTED@";
  if (from == From::files) {
    session.cookies().load_text("a.test\tFALSE\t/\tFALSE\t0\tsid\t" + k_secret + "\n");
    options.headers.erase("Cookie");
    userinfo.clear();
  }
  if (one.adjust) one.adjust(options);
  const auto result = session.try_request(
      one.method, "http://" + userinfo + "a.test/pay?token=PLANTED&Signature=%50LANTED#PLANTED",
      std::move(options));
  for (const auto& request : transport->requests()) {
    if (request.url.host() != "a.test") continue;
    EXPECT_EQ(request.headers.get("Cookie"), "sid=" + k_secret) << "it was sent";
    EXPECT_EQ(request.headers.get("Authorization"),
              "Basic " + base64_encode(k_secret + ":" + k_secret));
  }
  Said said;
  const CallReport& report = result ? result->report() : result.error().report();
  EXPECT_EQ(report.outcome, one.outcome) << report.text();
  add_report(said, report);
  if (!result) said.emplace_back("error", result.error().what());
  if (result && report.outcome != CallOutcome::ok) {
    try {
      result->raise_for_status();
      ADD_FAILURE() << "it did not raise";
    } catch (const Error& error) {
      said.emplace_back("raised error", error.what());
    }
  }
  said.emplace_back("log", lines);
  said.emplace_back("metrics", metrics->prometheus_text());
  EXPECT_FALSE(lines.empty());
  for (const auto& [what, text] : said) EXPECT_FALSE(holds_secret(text)) << what << ": " << text;
  EXPECT_EQ(transport->left(), 0U);
}

TEST(Redaction, APlantedSecretShowsNowhere) {
  for (const auto& one : cases()) {
    SCOPED_TRACE(one.name);
    expect_nothing_shown(one, From::its_own_words);
  }
}

// A login from netrc, a cookie from a cookie file.
TEST(Redaction, NorDoesOneThatCameFromAFile) {
  for (const auto& one : cases()) {
    SCOPED_TRACE(one.name);
    expect_nothing_shown(one, From::files);
  }
}

TEST(Redaction, WhatIsRefusedBeforeItIsSentDoesNotShowItEither) {
  Session session;
  const auto said_about = [&](const std::string& url, RequestOptions options) -> std::string {
    const auto result = session.try_get(url, std::move(options));
    EXPECT_FALSE(result.has_value());
    return result ? "" : result.error().what();
  };
  const std::string url = "http://PLANTED:PLANTED@a.test/?token=PLANTED";
  for (const std::string& text :
       {said_about("http://PLANTED:PLANTED@a b/?token=PLANTED", {}),
        said_about("ftp://PLANTED:PLANTED@a.test/?token=PLANTED", {}),
        said_about("http://PLANTED:PLANTED@a.test:99999/?token=PLANTED", {}),
        said_about(url, {.timeout = -1s}), said_about(url, {.retry = Retry{.total = -1}}),
        said_about(url, {.form = Pairs{{"card", k_secret}}, .body = k_secret}),
        said_about(url, {.auth = Auth::bearer("PLANTED\r\nX: y")}),
        said_about(url, {.idempotency_key = IdempotencyKey("key\n")})}) {
    EXPECT_FALSE(text.empty());
    EXPECT_FALSE(holds_secret(text)) << text;
  }
  try {
    Session().mount("https://u:PLANTED@a.test/?token=PLANTED", {});
    ADD_FAILURE() << "it was mounted";
  } catch (const std::invalid_argument& error) {
    EXPECT_FALSE(holds_secret(error.what())) << error.what();
  }
  EXPECT_THROW(Headers({{"Authorization", "PLANTED\n"}}), std::invalid_argument);
  try {
    Headers({{"Authorization", "PLANTED\n"}});
  } catch (const std::invalid_argument& error) {
    EXPECT_FALSE(holds_secret(error.what())) << error.what();
  }
}

// What a callable throws is words of somebody else's, which may quote URLs.
TEST(Redaction, NorDoesWhatACallableThrows) {
  std::string lines;
  const LineSink keep = [&](std::string_view line) { lines += line; };
  CallReport report;
  RetryOptions options{.retry_if = retry_if::exception_type<std::runtime_error>(),
                       .stop = stop::after_attempt(2)};
  options.clock = std::make_shared<redial::testing::FakeClock>();
  options.report = &report;
  options.before_sleep = before_sleep_log(keep);
  options.observer = std::make_shared<Observers>(std::vector<std::shared_ptr<Observer>>{
      std::make_shared<Log>(make_line_sink(LogFormat::text, keep),
                            LogOptions{.level = LogLevel::debug}),
      std::make_shared<Log>(make_line_sink(LogFormat::json, keep),
                            LogOptions{.level = LogLevel::debug})});
  EXPECT_THROW(
      retry(options, [] { throw std::runtime_error("GET http://u:PLANTED@h/?token=PLANTED: no"); }),
      std::runtime_error);
  Said said;
  add_report(said, report);
  said.emplace_back("lines", lines);
  for (const auto& [what, text] : said) {
    EXPECT_FALSE(holds_secret(text)) << what << ": " << text;
    EXPECT_NE(text.find("GET http://***@h/?token=***"), std::string::npos) << what << ": " << text;
  }
}

}  // namespace

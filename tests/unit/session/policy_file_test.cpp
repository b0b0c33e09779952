#include <redial/session/policy_file.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <redial/redial.hpp>
#include <redial/testing/scripted_transport.hpp>

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::Scripted;
using redial::testing::ScriptedTransport;
using ::testing::HasSubstr;

std::vector<Finding> errors_of(std::string_view text) {
  try {
    PolicyFile::parse(text, "p.toml");
  } catch (const PolicyFileError& error) {
    EXPECT_FALSE(error.findings().empty());
    for (const auto& finding : error.findings()) {
      EXPECT_EQ(finding.severity, Finding::Severity::error);
      EXPECT_GE(finding.line, 1);
      EXPECT_GE(finding.column, 1);
      EXPECT_THAT(error.what(), HasSubstr(finding.text()));
    }
    return error.findings();
  }
  return {};
}

// The one error of a file.
void expect_error(std::string_view text, const std::string& line) {
  const auto errors = errors_of(text);
  ASSERT_EQ(errors.size(), 1U) << text;
  EXPECT_EQ(errors[0].text(), line) << text;
}

// The one error of a policy with one field, on line 2.
void expect_refused(const std::string& field, const std::string& words) {
  const auto errors = errors_of("[policies.p]\n" + field + "\n");
  ASSERT_EQ(errors.size(), 1U) << field;
  EXPECT_EQ(errors[0].line, 2);
  EXPECT_EQ(errors[0].policy, "p");
  EXPECT_THAT(errors[0].text(), HasSubstr(words)) << field;
}

const Adapter& only(const PolicyFile& file) {
  return file.adapter(file.policies().at(0));
}

TEST(PolicyFile, AnEmptyFileNamesNothing) {
  const auto file = PolicyFile::parse("");
  EXPECT_TRUE(file.policies().empty());
  EXPECT_EQ(file.default_policy(), "");
  EXPECT_EQ(file.policy_for("https://a.test/"), "");
  EXPECT_TRUE(file.adapters().empty());
}

TEST(PolicyFile, AnEmptyPolicyIsTheDefaults) {
  const auto file = PolicyFile::parse("[policies.p]");
  EXPECT_EQ(only(file).max_retries, Retry());
  EXPECT_EQ(only(file).timeouts, Timeouts());
  EXPECT_EQ(only(file).tls, TlsOptions());
  EXPECT_FALSE(only(file).pool.has_value());
}

TEST(PolicyFile, EveryFieldCanBeSetUnderItsOwnName) {
  const auto file = PolicyFile::parse(R"(
[policies.p]
total = 4
connect = "unlimited"
read = "off"
redirect = 5
status = 2
other = 1
body = 3
backoff_factor = "250ms"
backoff_max = "1m30s"
backoff_jitter = "equal"
status_forcelist = [429, "500-504"]
allowed_methods = ["GET", "post", "PROPFIND"]
respect_retry_after_header = true
retry_after_max = "2h"
server_signals = ["rate_limit", "proxy_status"]
throttle_statuses = [403]
key_in_progress = [409, 423]
gateway_statuses = []
trust_unavailable = true
raise_on_status = true
raise_on_redirect = true
remove_headers_on_redirect = ["X-Api-Key"]
not_processed = [429]
retry_after_statuses = "429"
retry_after_needs_total = true
first_wait_free = true
hint_replaces_backoff = true
cut_long_hints = true
redirects_spend_total = true
redirects_keep_post = true
allow_insecure_redirects = true
timeouts = { connect = "1s", attempt = "2.5s", idle = "unlimited", deadline = "30s" }
tls.verify = true
tls.ca_file = "ca.pem"
tls.cert_file = "cert.pem"
tls.key_file = "key.pem"
idempotency = { header = "X-Key", quoted = true, max_length = 64, lifetime = "24h" }
[policies.p.pool]
idle_per_origin = 7
idle_total = 70
idle_timeout = "3s"
lifetime = "10m"
in_use_per_origin = 8
in_use_total = 80
)");
  Retry retry;
  // A field that was added to Retry must be readable from files too: extend this and the lists of
  // policy_file_toml.cpp. The same below.
  {
    auto& [total, connect, read, redirect, status, other, body, backoff_factor, backoff_max,
           backoff_jitter, status_forcelist, allowed_methods, respect, retry_after_max,
           server_signals, throttle_statuses, key_in_progress, gateway_statuses, trust_unavailable,
           raise_on_status, raise_on_redirect, remove_headers, not_processed, retry_after_statuses,
           needs_total, first_wait_free, hint_replaces_backoff, cut_long_hints,
           redirects_spend_total, redirects_keep_post, allow_insecure_redirects] = retry;
    total = 4;
    connect = Count::unlimited();
    read = Count::off();
    redirect = 5;
    status = 2;
    other = 1;
    body = 3;
    backoff_factor = 250ms;
    backoff_max = 90s;
    backoff_jitter = Jitter::equal();
    status_forcelist = {429, 500, 501, 502, 503, 504};
    allowed_methods = {"GET", "POST", "PROPFIND"};
    respect = true;
    retry_after_max = 2h;
    remove_headers = {"X-Api-Key"};
    not_processed = {429};
    retry_after_statuses = {429};
    server_signals = {Signal::rate_limit, Signal::proxy_status};
    throttle_statuses = {403};
    key_in_progress = {409, 423};
    gateway_statuses = {};
    trust_unavailable = true;
    raise_on_status = raise_on_redirect = needs_total = first_wait_free = hint_replaces_backoff =
        cut_long_hints = redirects_spend_total = redirects_keep_post = allow_insecure_redirects =
            true;
  }
  EXPECT_EQ(only(file).max_retries, retry);
  const auto& [connect, attempt, idle, deadline] = only(file).timeouts;
  EXPECT_EQ(connect, Duration(1s));
  EXPECT_EQ(attempt, Duration(2500ms));
  EXPECT_EQ(idle, k_unlimited);
  EXPECT_EQ(deadline, Duration(30s));
  EXPECT_EQ(
      only(file).idempotency,
      (IdempotencyKeys{.header = "X-Key", .quoted = true, .max_length = 64, .lifetime = 24h}));
  EXPECT_TRUE(only(file).tls.verify);
  EXPECT_EQ(only(file).tls.ca_file, "ca.pem");
  EXPECT_EQ(only(file).tls.cert_file, "cert.pem");
  EXPECT_EQ(only(file).tls.key_file, "key.pem");
  const auto& [per_origin, in_total, idle_timeout, lifetime, used_per_origin, used_in_total] =
      only(file).pool.value();
  EXPECT_EQ(per_origin, 7U);
  EXPECT_EQ(in_total, 70U);
  EXPECT_EQ(idle_timeout, Duration(3s));
  EXPECT_EQ(lifetime, Duration(10min));
  EXPECT_EQ(used_per_origin, 8U);
  EXPECT_EQ(used_in_total, 80U);
}

TEST(PolicyFile, EveryKindOfJitter) {
  const auto jitter = [](const std::string& kind) {
    return only(PolicyFile::parse("[policies.p]\nbackoff_jitter = \"" + kind + "\""))
        .max_retries.backoff_jitter;
  };
  EXPECT_EQ(jitter("none"), Jitter::none());
  EXPECT_EQ(jitter("full"), Jitter::full());
  EXPECT_EQ(jitter("equal"), Jitter::equal());
  EXPECT_EQ(jitter("decorrelated"), Jitter::decorrelated());
  EXPECT_EQ(jitter("additive(250ms)"), Jitter::additive(250ms));
  EXPECT_EQ(jitter("within_cap(1s)"), Jitter::within_cap(1s));
}

TEST(PolicyFile, AnyMethodIsWrittenAsAWord) {
  EXPECT_TRUE(only(PolicyFile::parse("[policies.p]\nallowed_methods = \"any\""))
                  .max_retries.allowed_methods.is_any());
  EXPECT_EQ(
      only(PolicyFile::parse("[policies.p]\nallowed_methods = []")).max_retries.allowed_methods,
      Methods());
}

// --- inheritance

TEST(PolicyFile, APolicyInheritsWhatItDoesNotSay) {
  const auto file = PolicyFile::parse(R"(
[policies.base]
total = 5
timeouts.attempt = "3s"
timeouts.deadline = "9s"
status_forcelist = [429, 503]
[policies.middle]
inherits = "base"
total = 2
[policies.leaf]
inherits = "middle"
timeouts.deadline = "8s"
status_forcelist = [503]
)");
  const Adapter& leaf = file.adapter("leaf");
  EXPECT_EQ(leaf.max_retries.total, Count(2));
  EXPECT_EQ(leaf.timeouts.attempt, Duration(3s));
  EXPECT_EQ(leaf.timeouts.deadline, Duration(8s));
  EXPECT_EQ(leaf.max_retries.status_forcelist, (Statuses{503}));  // lists replace, they do not add
  EXPECT_EQ(file.adapter("base").max_retries.total, Count(5));
  EXPECT_EQ(file.where("leaf", "total").line, 9);
  EXPECT_EQ(file.where("leaf", "total").policy, "middle");
  EXPECT_EQ(file.where("leaf", "timeouts.attempt").line, 4);
  EXPECT_EQ(file.where("leaf", "backoff_max").line, 0);
}

TEST(PolicyFile, TheUrllib3PresetCanBeInherited) {
  auto expected = Retry::urllib3();
  expected.total = 4;
  EXPECT_EQ(only(PolicyFile::parse("[policies.p]\ninherits = \"urllib3\"\ntotal = 4")).max_retries,
            expected);
  expect_error("[policies.urllib3]\n",
               "p.toml:1:11: error: urllib3: this name is taken by the built-in preset; instead: "
               "another name");
}

TEST(PolicyFile, CyclesAreErrors) {
  expect_error("[policies.a]\ninherits = \"a\"\n",
               "p.toml:2:12: error: a.inherits: a policy cannot inherit itself");
  const auto errors = errors_of(
      "[policies.a]\ninherits = \"b\"\n[policies.b]\ninherits = \"c\"\n[policies.c]\ninherits = "
      "\"a\"\n");
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].text(), "p.toml:6:12: error: c.inherits: \"a\" inherits this one: a cycle");
}

TEST(PolicyFile, AnUnknownBaseIsAnErrorWithTheNearestName) {
  expect_error("[policies.standard]\n[policies.b]\ninherits = \"standrad\"\n",
               "p.toml:3:12: error: b.inherits: there is no policy \"standrad\"; did you mean "
               "standard?");
  expect_refused("inherits = 3", "is an integer, must be a policy's name");
}

// --- errors

TEST(PolicyFile, UnknownFieldsAreErrorsWithTheNearestName) {
  expect_error("[policies.p]\n  totl = 3\n",
               "p.toml:2:3: error: p.totl: there is no such field; did you mean total?");
  expect_refused("timeouts.atempt = \"1s\"", "did you mean timeouts.attempt?");
  expect_refused("zzzzzzzz = 1", "p.zzzzzzzz: there is no such field");
  expect_error("polices = 1\n",
               "p.toml:1:1: error: polices: there is no such field; did you mean policies?");
  expect_error("[policies.p]\n[[routes]]\nmatch = \"https://\"\npolicy = \"p\"\npolcy = 1\n",
               "p.toml:5:1: error: routes.polcy: there is no such field; did you mean "
               "routes.policy?");
}

TEST(PolicyFile, AFieldInTheWrongPlaceIsToldWhereItBelongs) {
  expect_refused("deadline = \"30s\"", "instead: timeouts.deadline");
  expect_refused("timeouts.total = 3", "instead: total in the policy itself");
  expect_refused("verify = false", "instead: tls.verify");
  expect_refused("max_retries = 3", "instead: the fields of Retry in the policy itself");
  expect_refused("timeout = \"3s\"", "instead: timeouts.attempt");
  expect_refused("idempotent = true", "instead: the method in allowed_methods");
}

const RateLimit* rate_of(const PolicyFile& file, std::string_view policy) {
  const auto* const limiter = dynamic_cast<const RateLimiter*>(file.adapter(policy).guard.get());
  return limiter == nullptr ? nullptr : &limiter->limit();
}

TEST(PolicyFile, ARateMakesALimiter) {
  const auto file = PolicyFile::parse(
      "[policies.p]\nburst = 5\nrate = \"200/s\"\nrate_per = \"route\"\n[policies.q]\n");
  ASSERT_NE(rate_of(file, "p"), nullptr);
  EXPECT_EQ(*rate_of(file, "p"), (RateLimit{.rate = {200, 1s}, .burst = 5, .per = RatePer::route}));
  EXPECT_EQ(file.adapter("q").guard, nullptr);
}

TEST(PolicyFile, AnInheritedRateIsTheSameLimiterUntilSomethingChanges) {
  const auto file = PolicyFile::parse(
      "[policies.base]\nrate = \"200/s\"\n"
      "[policies.same]\ninherits = \"base\"\ntotal = 1\n"
      "[policies.other]\ninherits = \"base\"\nburst = 7\n");
  EXPECT_EQ(file.adapter("same").guard, file.adapter("base").guard);
  EXPECT_NE(file.adapter("other").guard, file.adapter("base").guard);
  EXPECT_EQ(*rate_of(file, "other"), (RateLimit{.rate = {200, 1s}, .burst = 7}));
}

TEST(PolicyFile, ARateThatMakesNoSenseIsRefused) {
  expect_refused("rate = 200", "p.rate: is an integer, must be a rate");
  expect_refused("rate = \"200\"", "\"200\" is not a rate");
  expect_refused("rate = \"-1/s\"", "\"-1/s\" is not a rate");
  expect_refused("rate = \"1/\"", "is not a rate");
  expect_refused("rate = \"1.5/s\"", "is not a rate");
  expect_refused("rate = \"0/s\"", "must be at least 1");
  expect_refused("rate = \"99999999999999999999/s\"", "is more than 1000000/s");
  expect_refused("rate = \"1/0s\"", "rate.period");
  expect_refused("burst = 20", "p.burst: has no meaning without a rate");
  expect_refused("burst = 0", "must be between 1 and 1000000");
  expect_refused("rate_per = \"planet\"", "is nothing to count by");
  const auto errors = errors_of("[policies.p]\nrate = \"1/24h\"\nburst = 1000\n");
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].line, 3);
  EXPECT_THAT(errors[0].text(), HasSubstr("more than 366 days"));
}

TEST(PolicyFile, GuardsAreReserved) {
  for (const char* const name : {"budget", "breaker", "concurrency", "hedge"})
    expect_refused(std::string(name) + " = 1", "this guard is not in this version");
}

TEST(PolicyFile, DurationsNeedAUnit) {
  expect_refused("backoff_factor = 2",
                 "p.toml:2:18: error: p.backoff_factor: a duration needs its unit; instead: "
                 "\"2s\" or \"2ms\"");
  expect_refused("timeouts.attempt = 0.5", "is a number, must be a duration");
  expect_refused("backoff_factor = \"2\"", "\"2\" is not a duration");
  expect_refused("backoff_factor = \"2 s\"", "\"2 s\" is not a duration");
  expect_refused("backoff_factor = \"-2s\"", "\"-2s\" is not a duration");
  expect_refused("backoff_factor = \"2sec\"", "\"2sec\" is not a duration");
  expect_refused("backoff_factor = \"30s1m\"", "is not a duration");
  expect_refused("backoff_factor = \"9999999999h\"", "is not a duration");
  expect_refused("backoff_factor = \"unlimited\"", "cannot be unlimited");
  expect_refused("timeouts.attempt = 00:00:30", "is a date or time, must be a duration");
  expect_refused("timeouts.attempt = \"0s\"", "must be positive");
  expect_refused("timeouts.deadline = \"0s\"", "must be positive");
  // "0s", which a bare number is told to be, would be refused next.
  expect_refused(
      "timeouts.connect = 0",
      "p.toml:2:20: error: p.timeouts.connect: must be positive; instead: \"unlimited\"");
}

TEST(PolicyFile, IdempotencyKeysAreRefusedWhereTheyStand) {
  expect_refused("idempotency.max_length = 0",
                 "p.toml:2:26: error: p.idempotency.max_length: must be between 1 and 1000000");
  expect_refused("idempotency.header = \"a b\"",
                 "p.toml:2:22: error: p.idempotency.header: \"a b\" is not a header's name");
  expect_refused("idempotency.header = \"\"", "\"\" is not a header's name");
  expect_refused("idempotency.header = 1", "is an integer, must be a string");
}

TEST(PolicyFile, CountsAreWholeNumbersOrWords) {
  expect_refused("total = -1", "must not be negative, is -1");
  expect_refused("total = 3.5", "is a number, must be a count");
  expect_refused("total = \"never\"", "\"never\" is not a count");
  expect_refused("total = 99999999999", "is too large");
  expect_refused("connect = \"5s\"", "\"5s\" is a duration, and this counts retries");
}

TEST(PolicyFile, StatusesAreWithin100And599) {
  expect_refused("status_forcelist = [99]", "a status is between 100 and 599, not 99");
  expect_refused("status_forcelist = [\"500-600\"]", "\"500-600\" is not a status or a range");
  expect_refused("status_forcelist = [\"504-500\"]", "\"504-500\" is not a status or a range");
  expect_refused("status_forcelist = [\"5xx\"]", "\"5xx\" is not a status or a range");
  expect_refused("status_forcelist = [true]", "is a boolean, must be a status");
  // Each element has its own place.
  const auto errors = errors_of("[policies.p]\nnot_processed = [\n  99,\n  429,\n  600]\n");
  ASSERT_EQ(errors.size(), 2U);
  EXPECT_EQ(errors[0].line, 3);
  EXPECT_EQ(errors[1].line, 5);
}

TEST(PolicyFile, OtherValuesOfTheWrongKind) {
  expect_refused("allowed_methods = \"GET\"", "must be an array of methods, or \"any\"");
  expect_refused("allowed_methods = [\"GE T\"]", "\"GE T\" is not a method");
  expect_refused("allowed_methods = [\"any\"]", "\"any\" stands alone");
  expect_refused("allowed_methods = [1]", "is an integer, must be a method");
  expect_refused("backoff_jitter = \"some\"", "\"some\" is not a kind of jitter");
  expect_refused("backoff_jitter = \"additive\"", "\"additive\" is not a kind of jitter");
  expect_refused("backoff_jitter = 1", "is an integer, must be a kind of jitter");
  expect_refused("raise_on_status = 1", "is an integer, must be true or false");
  expect_refused("remove_headers_on_redirect = \"X\"", "must be an array of strings");
  expect_refused("remove_headers_on_redirect = [\"X Y\"]", "is not a header's name");
  expect_refused("tls.ca_file = 1", "is an integer, must be a string");
  expect_refused("pool.idle_per_origin = -1", "must be between 0 and 1000000, is -1");
  expect_refused("pool.idle_per_origin = \"1\"", "is a string, must be an integer");
  expect_refused("tls = 1", "is an integer, must be a table");
  expect_error("policies = 1\n",
               "p.toml:1:12: error: policies: is an integer, must be [policies.NAME] tables");
  expect_error("policies.p = 1\n", "p.toml:1:14: error: p: is an integer, must be a table");
  expect_error("routes = 1\n",
               "p.toml:1:10: error: routes: is an integer, must be [[routes]] tables");
  expect_error("routes = [1]\n",
               "p.toml:1:11: error: routes: is an integer, must be a table with match and policy");
  expect_error("default = 1\n",
               "p.toml:1:11: error: default: is an integer, must be a policy's name");
}

TEST(PolicyFile, ContradictionsAreErrors) {
  expect_refused("backoff_max = \"1s\"\nbackoff_factor = \"2s\"",
                 "p.toml:2:1: error: p.backoff_max: backoff_max, 1s, is below backoff_factor, 2s");
  expect_refused("tls.key_file = \"k\"", "tls.key_file: needs tls.cert_file");
  expect_refused("tls.ca_file = \"c\"\ntls.verify = false",
                 "has no meaning when tls.verify is false");
  expect_refused("retry_after_max = \"1h\"\nrespect_retry_after_header = false",
                 "p.retry_after_max: has no meaning when respect_retry_after_header is false");
  expect_refused("connect = 3\ntotal = 0", "p.connect: cannot be reached: total allows no retry");
  // What contradicts an inherited field stands where it is said.
  expect_error(
      "[policies.a]\nbackoff_max = \"1s\"\n[policies.b]\ninherits = \"a\"\nbackoff_factor = "
      "\"2s\"\n",
      "p.toml:5:1: error: b.backoff_factor: backoff_max, 1s, is below backoff_factor, 2s: every "
      "wait would be cut to it; instead: backoff_max at or above the factor");
  EXPECT_NO_THROW(PolicyFile::parse("[policies.p]\nbackoff_factor = \"40s\""));
  // Beside other errors, and never because of one.
  EXPECT_EQ(errors_of("[policies.p]\ntotal = -1\ntls.key_file = \"k\"").size(), 2U);
  EXPECT_EQ(errors_of("[policies.p]\ntls.cert_file = 1\ntls.key_file = \"k\"").size(), 2U);
  EXPECT_EQ(errors_of("[policies.p]\nbackoff_max = \"1s\"\nbackoff_factor = 2").size(), 1U);
}

TEST(PolicyFile, EveryErrorOfAFileIsReportedInTheOrderOfItsLines) {
  const auto errors = errors_of(R"(default = "nobody"
[policies.b]
total = -1
backoff_factor = 2
wait = 1
[policies.a]
inherits = "c"
status_forcelist = [99, 600]
[[routes]]
match = "ftp://a.test/"
policy = "a"
[[routes]]
match = "https://a.test/"
)");
  std::vector<int> lines;
  for (const auto& error : errors) lines.push_back(error.line);
  EXPECT_EQ(lines, (std::vector<int>{1, 3, 4, 5, 7, 8, 8, 10, 12}));
}

TEST(PolicyFile, WhatIsNotTomlHasALineToo) {
  const auto errors = errors_of("[policies.p]\ntotal = = 3\n");
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_THAT(errors[0].text(), HasSubstr("p.toml:2:"));
  EXPECT_THAT(errors[0].text(), HasSubstr("not TOML"));
  EXPECT_EQ(errors_of("[policies.p]\ntotal = 1\ntotal = 2\n").at(0).line, 3);
  EXPECT_EQ(errors_of("\n[!x]\n").at(0).line, 2);  // toml++ 3.3 asserts this, and aborts
  EXPECT_EQ(errors_of("\n[!x]\n").at(0).line, 2);  // toml++ 3.3 asserts this, and aborts
  EXPECT_EQ(errors_of("\n\na = \"\xff\"").at(0).line, 3);
  expect_error(std::string("a = 1\n") + std::string(1025, '#'),
               "p.toml:2:1: error: the line is longer than 1024 bytes");
  EXPECT_THAT(errors_of(std::string((1 << 20) + 1, '\n')).at(0).text(), HasSubstr("1 MiB"));
}

TEST(PolicyFile, OnlyStringsAndCommentsLeaveAscii) {
  const auto errors = errors_of("# é\n[policies.é]\n");
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].line, 2);
  EXPECT_THAT(errors[0].text(), HasSubstr("not TOML"));
  EXPECT_NO_THROW(PolicyFile::parse("# é\n[policies.p] # é\ntls.ca_file = \"é\"\n"));
}

TEST(PolicyFile, NamesArePlain) {
  EXPECT_THAT(errors_of("[policies.\"a#b\"]\n").at(0).text(), HasSubstr("has no #"));
  EXPECT_THAT(errors_of("[policies.\"\"]\n").at(0).text(), HasSubstr("not empty"));
}

// --- routes

constexpr const char* k_routed = R"(
default = "standard"
[policies.standard]
[policies.api]
total = 1
[policies.payments]
total = 2
[[routes]]
match = "https://api.example.com"
policy = "api"
[[routes]]
match = "https://api.example.com/v1/payments"
policy = "payments"
)";

TEST(PolicyFile, TheLongestPrefixRulesThenTheDefault) {
  const auto file = PolicyFile::parse(k_routed);
  EXPECT_EQ(file.policy_for("https://api.example.com/"), "api");
  EXPECT_EQ(file.policy_for("https://api.example.com/v1/payments/7?x=1"), "payments");
  EXPECT_EQ(file.policy_for("https://api.example.com/v1/paymentsx"), "api");
  EXPECT_EQ(file.policy_for("https://api.example.com.evil.org/"), "standard");
  EXPECT_EQ(file.policy_for("http://api.example.com/"), "standard");
  EXPECT_THROW((void)file.policy_for("api.example.com"), std::invalid_argument);
}

TEST(PolicyFile, AdaptersComeWithTheirPrefixes) {
  const auto adapters = PolicyFile::parse(k_routed).adapters();
  std::vector<std::string> prefixes;
  for (const auto& [prefix, adapter] : adapters) prefixes.push_back(prefix);
  EXPECT_EQ(prefixes, (std::vector<std::string>{"http://", "https://", "https://api.example.com",
                                                "https://api.example.com/v1/payments"}));
  EXPECT_EQ(adapters[3].second.max_retries.total, Count(2));
}

TEST(PolicyFile, RoutesAreChecked) {
  const std::string start = "[policies.p]\n[policies.q]\n[[routes]]\n";
  expect_error(start + "match = \"https://a.test/\"\n",
               "p.toml:3:1: error: routes.policy: is missing");
  expect_error(start + "policy = \"p\"\n", "p.toml:3:1: error: routes.match: is missing");
  expect_error(start + "match = \"https://a.test/\"\npolicy = \"pq\"\n",
               "p.toml:5:10: error: routes.policy: there is no policy \"pq\"; did you mean p?");
  EXPECT_EQ(errors_of(start + "match = 1\npolicy = \"p\"\n").at(0).line, 4);
  EXPECT_THAT(errors_of(start + "match = \"a.test\"\npolicy = \"p\"\n").at(0).text(),
              HasSubstr("instead: a scheme, an origin"));
  EXPECT_EQ(errors_of(start + "match = \"https://a.test/?x\"\npolicy = \"p\"\n").at(0).line, 4);
  // The same prefix, however it is written.
  expect_error(start +
                   "match = \"https://a.test/\"\npolicy = \"p\"\n"
                   "[[routes]]\nmatch = \"https://A.test:443\"\npolicy = \"q\"\n",
               "p.toml:7:9: error: routes.match: the route of line 4 has the same prefix; "
               "instead: one route for it");
}

TEST(PolicyFile, AnUnknownPolicyIsNamedWithTheNearest) {
  const auto file = PolicyFile::parse(k_routed, "p.toml");
  EXPECT_TRUE(file.contains("api"));
  EXPECT_FALSE(file.contains("ap"));
  try {
    (void)file.adapter("paymnets");
    FAIL();
  } catch (const std::out_of_range& error) {
    EXPECT_STREQ(error.what(), "p.toml: no policy \"paymnets\"; did you mean \"payments\"?");
  }
}

TEST(PolicyFile, MountedOnASessionEachHostAndRouteHasItsPolicy) {
  const auto file = PolicyFile::parse(k_routed);
  const auto attempts_at = [&](const std::string& url) {
    auto transport = std::make_shared<ScriptedTransport>();
    transport->otherwise([](const redial::testing::SentRequest&) { return Scripted::answer(503); });
    Session session;
    for (auto [prefix, adapter] : file.adapters()) {
      adapter.transport = transport;
      session.mount(prefix, adapter);
    }
    return session.get(url).report().attempts.size();
  };
  EXPECT_EQ(attempts_at("https://other.example.com/"), 4U);
  EXPECT_EQ(attempts_at("https://api.example.com/"), 2U);
  EXPECT_EQ(attempts_at("https://api.example.com/v1/payments/1"), 3U);
}

TEST(PolicyFile, MountOnIsRefusedAfterTheFirstCall) {
  auto transport = std::make_shared<ScriptedTransport>();
  transport->then(Scripted::answer(200));
  Session session;
  PolicyFile::parse(k_routed).mount_on(session);
  session.mount("http://", {.transport = transport});
  (void)session.get("http://a.test/");
  EXPECT_THROW(PolicyFile::parse(k_routed).mount_on(session), std::logic_error);
}

TEST(PolicyFile, ATlsFileThatCannotBeUsedIsNamedWithItsLine) {
  Session session;
  const auto file =
      PolicyFile::parse("[policies.p]\ntls.ca_file = \"/nonexistent/ca.pem\"\n", "p.toml");
  try {
    file.mount_on(session);
    FAIL();
  } catch (const PolicyFileError& error) {
    EXPECT_THAT(error.what(), HasSubstr("p.toml:2:1: error: p.tls: TlsOptions.ca_file"));
  }
}

TEST(PolicyFile, LoadReadsAFileAndTakesItsPathsFromItsDirectory) {
  const auto directory =
      std::filesystem::temp_directory_path() / ("redial-policy-file-" + std::to_string(::getpid()));
  std::filesystem::create_directory(directory);
  const std::string path = directory / "p.toml";
  std::ofstream(path) << "[policies.p]\ntls.ca_file = \"ca.pem\"\ntls.cert_file = \"/c.pem\"\n";
  const auto file = PolicyFile::load(path);
  EXPECT_EQ(file.name(), path);
  EXPECT_EQ(only(file).tls.ca_file, directory / "ca.pem");
  EXPECT_EQ(only(file).tls.cert_file, "/c.pem");
  std::filesystem::remove_all(directory);
  for (const std::string& absent : {path, std::string("/")}) {
    try {
      PolicyFile::load(absent);
      FAIL();
    } catch (const PolicyFileError& error) {
      EXPECT_THAT(error.what(), HasSubstr(absent + ":1:1: error: cannot read it: "));
    }
  }
}

}  // namespace

// Replays recorded behaviour of urllib3: `urllib3_vectors FILE…`. `policy` entries meet the pure
// policy (urllib3_policy), `engine` and `client` entries the real session in front of a scripted
// transport and a fake clock. Prints a line per failing id and, last, "N passed, M failed, K
// diverge"; exits 0 when none failed.

#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>

#include <nlohmann/json.hpp>

#include <redial/policy/counters.hpp>
#include <redial/redial.hpp>
#include <redial/testing/scripted_transport.hpp>

#include "conformance/urllib3_errors.hpp"
#include "conformance/urllib3_policy.hpp"

namespace {

using conformance::named_error;
using nlohmann::json;
using namespace redial;
using redial::testing::Scripted;
using redial::testing::ScriptedTransport;
using redial::testing::SentRequest;

std::string error_of(const json& event) {
  const json error = event.value("error", json());
  return error.is_null() ? std::string() : error.get<std::string>();
}

Scripted scripted(const json& event) {
  if (!error_of(event).empty()) return Scripted::failing(named_error(error_of(event)).fault);
  Headers headers;
  const json headers_given = event.value("headers", json::object());
  for (const auto& [name, value] : headers_given.items()) headers.add(name, value);
  return Scripted::answer(event.at("status"), std::move(headers));
}

Body body_from(const json& request) {
  const bool chunked = request.value("chunked", false);
  if (request.value("body", json()).is_null()) {
    if (!chunked) return {};
    return Body::rewindable([](char*, std::size_t) { return std::size_t{0}; }, [] {});
  }
  const json& body = request.at("body");
  if (body.is_string()) return Body::bytes(body);
  const std::string kind = body.at("kind");
  std::string data;
  if (body.at("data").is_string()) data = body.at("data");
  if (body.at("data").is_array()) {
    for (const auto& piece : body.at("data")) data += piece.get<std::string>();
  }
  if (kind == "bytes" || kind == "text" || kind == "list") return Body::bytes(std::move(data));
  const std::size_t offset = body.value("offset", std::size_t{0});
  auto at = std::make_shared<std::size_t>(offset);
  const auto read = [data, at](char* into, std::size_t size) {
    const std::size_t count = std::min(size, data.size() - *at);
    std::copy_n(data.data() + *at, count, into);
    *at += count;
    return count;
  };
  const std::optional<std::uint64_t> length =
      chunked ? std::nullopt : std::optional<std::uint64_t>(data.size() - offset);
  if (kind == "seekable" || kind == "seekable_at") {
    return Body::rewindable(
        read, [at, offset] { *at = offset; }, length);
  }
  if (kind == "seek_fails") {
    return Body::rewindable(
        read, [] { throw std::runtime_error("cannot seek"); }, length);
  }
  return Body::stream(read, length);  // a generator, or a file whose position cannot be told
}

// What the report says, in urllib3's words.
struct Replay {
  std::string outcome;  // response, exhausted, raised
  std::string reason;
  std::string reason_text;
  int status = 0;
  CallReport report;
  std::vector<SentRequest> requests;
};

std::string event_error(const json& entry, std::size_t attempts) {
  if (attempts == 0 || attempts > entry.at("events").size()) return {};
  return error_of(entry.at("events").at(attempts - 1));
}

// A number becomes a Retry per request, which hears of `redirect=False`.
Retry policy_of(const json& entry) {
  json policy = entry.at("policy");
  const bool is_number = policy.contains("from_int") && !policy["from_int"].is_null();
  const json request = entry.value("request", json::object());
  if (is_number && request.value("redirect", true) == false) policy["redirect"] = false;
  return conformance::retry_from_vector(policy);
}

// urllib3 counts before it asks whether another try makes sense.
bool nothing_was_left(const json& entry, const CallReport& report) {
  Counters left(policy_of(entry));
  for (const auto& attempt : report.attempts) {
    if (attempt.decision != Decision::stop) {
      left.spend(attempt.cause);
    } else if (left.spend(attempt.cause) == Counters::Spend::exhausted) {
      return true;
    }
  }
  return false;
}

Replay replay(const json& entry) {
  const json request = entry.value("request", json::object());
  const std::string url = request.value("url", std::string("/"));
  auto transport = std::make_shared<ScriptedTransport>(
      std::make_shared<redial::testing::FakeClock>(conformance::time_of_vector(entry)));
  for (const auto& event : entry.at("events")) transport->then(scripted(event));

  SessionOptions session_options;
  session_options.draw = Uniform::always(entry.value("rng_u", 0.0));
  Session session(session_options);
  Adapter adapter;
  adapter.max_retries = policy_of(entry);
  adapter.timeouts = {
      .connect = k_unlimited, .attempt = k_unlimited, .idle = k_unlimited, .deadline = k_unlimited};
  adapter.transport = transport;
  session.mount("http://", adapter);
  session.mount("https://", adapter);

  RequestOptions options;
  const json headers_given = request.value("headers", json::object());
  for (const auto& [name, value] : headers_given.items()) options.headers.add(name, value);
  if (request.contains("body") || request.value("chunked", false))
    options.body = body_from(request);
  if (request.contains("redirect")) options.follow_redirects = request.at("redirect").get<bool>();
  const std::string full = url.front() == '/' ? "http://a.test" + url : url;
  const auto result =
      session.try_request(request.value("method", std::string("GET")), full, std::move(options));

  Replay replay;
  replay.report = result ? result->report() : result.error().report();
  replay.requests = transport->requests();
  if (result) replay.status = result->status();
  const auto attempts = replay.report.attempts.size();
  const std::string failed = event_error(entry, attempts);
  const StopReason stop = replay.report.stop_reason;
  const bool redirects = stop == StopReason::too_many_redirects;
  const bool hopeless =
      stop == StopReason::permanent_error && nothing_was_left(entry, replay.report);
  if (stop == StopReason::attempts_exhausted || redirects || hopeless) {
    replay.outcome = result ? "response" : "exhausted";
    replay.reason = failed.empty() ? "response_error" : failed;
    if (failed.empty()) {
      replay.reason_text =
          redirects ? "too many redirects"
                    : "too many " + std::to_string(replay.report.status()) + " error responses";
    }
  } else if (stop == StopReason::body_not_replayable) {
    replay.outcome = "raised";
    replay.reason = "unrewindable_body";
  } else if (stop == StopReason::redirect_invalid) {
    replay.outcome = result ? "response" : "raised";
    replay.reason = "url_scheme_unknown";
  } else {
    replay.outcome = result ? "response" : "raised";
    replay.reason = failed;
  }
  return replay;
}

Count spent_from(Count limit, const CallReport& report, const std::string& counter) {
  if (!limit.is_number()) return limit;
  int left = limit.number();
  for (const auto& attempt : report.attempts) {
    if (attempt.decision == Decision::stop) continue;
    if (counter == "total" || to_string(attempt.cause) == counter) --left;
  }
  return left;
}

json left_of(const Retry& retry, const CallReport& report, const std::string& counter) {
  const Count limit = counter == "total"      ? retry.total
                      : counter == "connect"  ? retry.connect
                      : counter == "read"     ? retry.read
                      : counter == "redirect" ? retry.redirect
                      : counter == "status"   ? retry.status
                                              : retry.other;
  const Count left = spent_from(limit, report, counter);
  if (left.is_unlimited()) return nullptr;
  if (left.is_off()) return false;
  return left.number();
}

// A pool that is redirected to a whole URL asks for it whole; a manager notes it whole.
bool is_asked_for(const std::string& wanted, const Url& url) {
  return wanted == url.target() || (wanted.starts_with("http") && Url::try_parse(wanted) == url);
}

json history_of(const json& entry, const Replay& replay) {
  json history = json::array();
  for (std::size_t i = 0; i < replay.report.attempts.size(); ++i) {
    const auto& attempt = replay.report.attempts[i];
    if (attempt.decision == Decision::stop) continue;
    const json& event = entry.at("events").at(i);
    const bool failed = !error_of(event).empty();
    json record{{"method", replay.requests[i].method},
                {"url", replay.requests[i].url.str()},
                {"error", failed ? event.at("error") : json()},
                {"status", failed ? json() : event.at("status")},
                {"redirect_location", nullptr}};
    if (attempt.decision == Decision::redirect) {
      if (event.at("status") == 303 && i + 1 < replay.requests.size())
        record["method"] = replay.requests[i + 1].method;  // it notes the method it goes on with
      for (const auto& [name, value] : event.at("headers").items()) {
        if (iequals(name, "location")) record["redirect_location"] = value;
      }
    }
    history.push_back(record);
  }
  return history;
}

bool is_told(const json& history, const json& wanted) {
  if (history.size() != wanted.size()) return false;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    for (const auto& [key, value] : wanted[i].items()) {
      const json& told = history[i].at(key);
      const bool same = key == "url" ? is_asked_for(value, Url(told.get<std::string>()))
                        : key == "method"
                            ? iequals(told.get<std::string>(), value.get<std::string>())
                            : told == value;
      if (!same) return false;
    }
  }
  return true;
}

std::string check_request(const json& expected, const SentRequest& sent) {
  for (const auto& [key, value] : expected.items()) {
    if (key == "method" && !iequals(sent.method, value.get<std::string>()))
      return "method " + sent.method;
    if (key == "url" && !is_asked_for(value, sent.url))
      return "url " + std::string(sent.url.target());
    if (key == "host" && sent.url.origin() != value) return "host " + sent.url.origin();
    if (key == "body" &&
        sent.body != (value.is_null() ? std::string() : value.get<std::string>())) {
      return "body '" + sent.body + "'";
    }
    if (key == "chunked" && sent.chunked != value.get<bool>()) return "chunked";
    if (key == "headers_present") {
      for (const auto& [name, field] : value.items()) {
        if (sent.headers.get(name) != field.get<std::string>())
          return "header " + name + " is missing or differs";
      }
    }
    if (key == "headers_absent") {
      for (const auto& name : value) {
        if (sent.headers.contains(name.get<std::string>()))
          return "header " + name.get<std::string>() + " is present";
      }
    }
  }
  return {};
}

// The first difference, or nothing.
std::string difference(const json& entry, const Replay& replay) {
  const json& expect = entry.at("expect");
  const auto& attempts = replay.report.attempts;
  if (expect.at("outcome") != replay.outcome) {
    return "outcome " + replay.outcome + " (" + std::string(to_string(replay.report.stop_reason)) +
           ")";
  }
  if (expect.contains("attempts") && attempts.size() != expect.at("attempts")) {
    return "attempts " + std::to_string(attempts.size());
  }
  if (expect.contains("status") && replay.status != expect.at("status"))
    return "status " + std::to_string(replay.status);
  const std::string failed = event_error(entry, attempts.size());
  for (const char* key : {"reason", "error"}) {
    if (!expect.contains(key) || expect[key] == replay.reason) continue;
    const bool no_scheme = replay.report.stop_reason == StopReason::redirect_invalid;
    if (no_scheme && expect[key].get<std::string>().find("cheme") != std::string::npos) continue;
    if (failed.empty() || !conformance::is_named(expect[key], failed))
      return "reason " + replay.reason;
  }
  if (expect.contains("reason_text") && expect.at("reason_text") != replay.reason_text) {
    return "reason_text " + replay.reason_text;
  }
  if (expect.contains("sleeps")) {
    json sleeps = json::array();
    for (const auto& attempt : attempts) {
      const double wait = std::chrono::duration<double>(attempt.wait).count();
      if (attempt.decision != Decision::stop && wait > 0) sleeps.push_back(wait);
    }
    bool same = sleeps.size() == expect.at("sleeps").size();
    for (std::size_t i = 0; same && i < sleeps.size(); ++i) {
      same = std::abs(sleeps[i].get<double>() - expect.at("sleeps")[i].get<double>()) < 1e-6;
    }
    if (!same) return "sleeps " + sleeps.dump();
  }
  if (expect.contains("left")) {
    const Retry retry = policy_of(entry);
    for (const auto& [counter, value] : expect.at("left").items()) {
      const json left = left_of(retry, replay.report, counter);
      if (!conformance::same_value(left, value)) return "left." + counter + " " + left.dump();
    }
  }
  if (expect.contains("history")) {
    const json history = history_of(entry, replay);
    if (!is_told(history, expect.at("history"))) return "history " + history.dump();
  }
  if (expect.contains("requests")) {
    if (replay.requests.size() < expect.at("requests").size()) return "too few requests";
    for (std::size_t i = 0; i < expect.at("requests").size(); ++i) {
      const std::string why = check_request(expect.at("requests")[i], replay.requests[i]);
      if (!why.empty()) return "request " + std::to_string(i + 1) + ": " + why;
    }
  }
  return {};
}

conformance::VectorResult run_session_vector(const json& entry) {
  conformance::VectorResult result;
  try {
    result.why = difference(entry, replay(entry));
  } catch (const std::exception& error) {
    result.why = error.what();
  }
  result.verdict = conformance::VectorResult::passed;
  if (!result.why.empty()) {
    result.verdict = conformance::is_quirk(entry) ? conformance::VectorResult::diverged
                                                  : conformance::VectorResult::failed;
  }
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  int passed = 0, failed = 0, diverged = 0;
  for (int i = 1; i < argc; ++i) {
    std::ifstream file(argv[i]);
    if (!file) {
      std::cerr << "cannot open " << argv[i] << '\n';
      return 2;
    }
    for (const auto& entry : json::parse(file)) {
      const bool is_policy = entry.at("kind") == "policy";
      const auto result =
          is_policy ? conformance::run_policy_vector(entry) : run_session_vector(entry);
      passed += result.verdict == conformance::VectorResult::passed;
      diverged += result.verdict == conformance::VectorResult::diverged;
      if (result.verdict != conformance::VectorResult::failed) continue;
      ++failed;
      std::cout << "FAIL " << entry.at("id").get<std::string>() << ": " << result.why << '\n';
    }
  }
  std::cout << passed << " passed, " << failed << " failed, " << diverged << " diverge\n";
  return failed == 0 && passed > 0 ? 0 : 1;
}

#include "testing/catalogue.hpp"

#include <array>
#include <chrono>
#include <ctime>

namespace redial {
inline namespace v0 {
namespace testing {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;
using namespace std::chrono_literals;

constexpr std::array<const char*, 12> k_months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<const char*, 7> k_days{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                            "Thursday", "Friday", "Saturday"};

// An HTTP date so many seconds from now; the locale has no say in it.
enum class Form { imf, rfc850, asctime, rfc3339 };
std::string date(std::chrono::seconds from_now, Form form) {
  const std::time_t at = std::time(nullptr) + from_now.count();
  std::tm t{};
  gmtime_r(&at, &t);
  const std::string day = k_days[static_cast<std::size_t>(t.tm_wday)];
  const std::string month = k_months[static_cast<std::size_t>(t.tm_mon)];
  const auto padded = [](int n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  const std::string time = padded(t.tm_hour) + ":" + padded(t.tm_min) + ":" + padded(t.tm_sec);
  const std::string year = std::to_string(t.tm_year + 1900);
  switch (form) {
    case Form::imf:
      return day.substr(0, 3) + ", " + padded(t.tm_mday) + " " + month + " " + year + " " + time +
             " GMT";
    case Form::rfc850:
      return day + ", " + padded(t.tm_mday) + "-" + month + "-" + padded(t.tm_year % 100) + " " +
             time + " GMT";
    case Form::asctime:
      return day.substr(0, 3) + " " + month + (t.tm_mday < 10 ? "  " : " ") +
             std::to_string(t.tm_mday) + " " + time + " " + year;
    case Form::rfc3339:
      return year + "-" + padded(t.tm_mon + 1) + "-" + padded(t.tm_mday) + "T" + time + "Z";
  }
  return {};
}

NamedFault answer(std::string name, std::string what, int status, Pairs headers = {},
                  bool acts = false) {
  return {.name = std::move(name),
          .what = std::move(what),
          .replies = always({.status = status, .headers = std::move(headers), .acts = acts})};
}

NamedFault retry_after(std::string name, const std::string& value) {
  return answer(std::move(name), "503 with Retry-After: " + value, 503, {{"Retry-After", value}});
}

NamedFault dated(std::string name, std::string what, std::chrono::seconds from_now, Form form) {
  return {.name = std::move(name),
          .what = "503 with a Retry-After " + std::move(what),
          .replies = [from_now, form](const FaultServer&) {
            return std::vector<Reply>{
                {.status = 503, .headers = {{"Retry-After", date(from_now, form)}}}};
          }};
}

void add_retry_after(std::vector<NamedFault>& catalogue) {
  const auto add = [&](NamedFault one) { catalogue.push_back(std::move(one)); };
  add(retry_after("F33-zero", "0"));
  add(retry_after("F33-negative", "-5"));
  add(retry_after("F33-fraction", "1.5"));
  add(retry_after("F33-words", "120 s"));
  add(retry_after("F33-list", "120, 180"));
  add(answer("F33-twice", "503 with Retry-After twice, 1 and 3600", 503,
             {{"Retry-After", "1"}, {"Retry-After", "3600"}}));
  add(retry_after("F33-huge", "10000000000"));
  add(retry_after("F33-20-digits", "99999999999999999999"));
  add(dated("F33-past", "an hour ago, IMF-fixdate", -3600s, Form::imf));
  add(dated("F33-past-rfc850", "an hour ago, rfc850", -3600s, Form::rfc850));
  add(dated("F33-past-asctime", "an hour ago, asctime", -3600s, Form::asctime));
  add(dated("F33-imf", "in an hour, IMF-fixdate", 3600s, Form::imf));
  add(dated("F33-rfc850", "in an hour, rfc850 (two-digit year)", 3600s, Form::rfc850));
  add(dated("F33-asctime", "in an hour, asctime", 3600s, Form::asctime));
  add(dated("F33-rfc3339", "in an hour, RFC 3339: not allowed", 3600s, Form::rfc3339));
  add(retry_after("F33-epoch", "1700000000"));
  add(retry_after("F33-empty", ""));
  add(answer("F33-ms", "503 with retry-after-ms: 1000", 503, {{"retry-after-ms", "1000"}}));
  add(answer("F33-on-200", "200 with Retry-After: 3600", 200, {{"Retry-After", "3600"}}, true));
}

void add_rate_limits(std::vector<NamedFault>& catalogue) {
  const auto add = [&](const char* name, const char* what, Pairs headers) {
    catalogue.push_back(answer(name, std::string("429 with ") + what, 429, std::move(headers)));
  };
  add("F34-draft-03", "RateLimit-Limit, -Remaining, -Reset",
      {{"RateLimit-Limit", "100, 100;w=60"},
       {"RateLimit-Remaining", "0"},
       {"RateLimit-Reset", "1"}});
  add("F34-draft-07", "RateLimit: limit=100, remaining=0, reset=1",
      {{"RateLimit", "limit=100, remaining=0, reset=1"}});
  add("F34-draft-10", "RateLimit: \"default\";r=0;t=1",
      {{"RateLimit-Policy", "\"default\";q=100;w=60"}, {"RateLimit", "\"default\";r=0;t=1"}});
  add("F34-split", "RateLimit over two lines",
      {{"RateLimit", "\"a\";r=0;t=1"}, {"RateLimit", "\"b\";r=5;t=1"}});
  add("F34-negative", "RateLimit: \"default\";r=-1", {{"RateLimit", "\"default\";r=-1;t=1"}});
  add("F34-absurd", "RateLimit: t=10^12", {{"RateLimit", "\"default\";r=0;t=1000000000000"}});
  add("F34-malformed", "a RateLimit that does not parse", {{"RateLimit", "\"default;r=,"}});
}

// `status` with a Location; `then` 200.
NamedFault redirect(std::string name, std::string what, int status,
                    std::function<std::string(const FaultServer&)> to, std::size_t hops = 1,
                    const Pairs& headers = {}) {
  return {.name = std::move(name),
          .what = std::move(what),
          .replies = [status, to = std::move(to), hops, headers](const FaultServer& server) {
            Reply hop{.status = status, .headers = headers, .acts = status != 307};
            hop.headers.emplace_back("Location", to(server));
            std::vector<Reply> turns(hops, hop);
            if (hops < 1000) turns.push_back(acting());
            return turns;
          }};
}

void add_redirects(std::vector<NamedFault>& catalogue) {
  const auto add = [&](NamedFault one) { catalogue.push_back(std::move(one)); };
  const auto here = [](const FaultServer&) -> std::string { return "/next"; };
  const auto elsewhere = [](const FaultServer& server) {
    const std::string url = server.url("/next");
    const std::string host = "127.0.0.1";
    return std::string(url).replace(url.find(host), host.size(), "localhost");
  };
  const auto insecure = [](const FaultServer& server) {
    return "http://127.0.0.1:" + std::to_string(server.port()) + "/next";
  };
  const auto dead = [](const FaultServer& server) {
    return server.url("").substr(0, server.url("").rfind(':')) + ":1/next";
  };
  add(redirect("F35-loop", "a redirect to itself, for ever", 302, here, 1000));
  add(redirect("F35-30-hops", "30 redirects, then 200", 302, here, 30));
  add(redirect("F35-303", "303, then 200", 303, here));
  add(redirect("F35-307", "307, then 200", 307, here));
  add(redirect("F35-other-host", "302 to another host", 302, elsewhere));
  NamedFault to_http = redirect("F35-to-http", "302 from https to http", 302, insecure);
  to_http.role = NamedFault::Role::tls_server;
  to_http.options.tls = FaultServer::Tls::good;
  add(to_http);
  add(redirect("F35-307-dead", "307 to a port where nobody listens", 307, dead));
  add(answer("F35-no-location", "302 without a Location", 302, {}, true));
  add(redirect("F35-retry-after", "302 with Retry-After: 1, then 200", 302, here, 1,
               {{"Retry-After", "1"}}));
}

void add_statuses(std::vector<NamedFault>& catalogue) {
  const auto add = [&](const char* name, const char* what, int status, Pairs headers = {},
                       bool acts = false) {
    catalogue.push_back(answer(name, what, status, std::move(headers), acts));
  };
  const Pairs later{{"Retry-After", "1"}};
  add("F36-400", "400", 400);
  add("F36-404", "404", 404);
  catalogue.push_back({.name = "F36-408",
                       .what = "408: the request did not arrive in time",
                       .replies = always({.status = 408, .close = true})});
  add("F36-409", "409", 409);
  add("F36-413-retry-after", "413 with Retry-After: 1", 413, later);
  add("F36-417", "417 although nothing was expected", 417);
  add("F36-421", "421: wrong connection", 421);
  add("F36-422", "422", 422);
  add("F36-425", "425: too early", 425);
  add("F36-429", "429", 429);
  add("F36-429-retry-after", "429 with Retry-After: 1", 429, later);
  add("F36-500", "500 after it acted", 500, {}, true);
  add("F36-500-should-retry", "500 with x-should-retry: false", 500, {{"x-should-retry", "false"}},
      true);
  add("F36-501", "501", 501);
  add("F36-501-should-retry", "501 with x-should-retry: true", 501, {{"x-should-retry", "true"}});
  add("F36-502", "502 after it acted", 502, {}, true);
  add("F36-503", "503", 503);
  add("F36-503-retry-after", "503 with Retry-After: 1", 503, later);
  add("F36-504", "504 after it acted", 504, {}, true);
}

// The server acts, its first answers are lost, and this is what it does with keys.
NamedFault key_rule(std::string name, std::string what, KeyRules keys, std::size_t lost = 1) {
  NamedFault named{.name = std::move(name),
                   .what = std::move(what),
                   .needs = NamedFault::Needs::key,
                   .replies = [lost](const FaultServer&) {
                     Reply created = acting();
                     created.status = 201;
                     std::vector<Reply> turns(lost, created);
                     for (Reply& one : turns) one.fault = Reply::Fault::close_after_read;
                     turns.push_back(created);
                     return turns;
                   }};
  named.options.keys = std::move(keys);
  return named;
}

void add_keys(std::vector<NamedFault>& catalogue) {
  const auto add = [&](NamedFault one) { catalogue.push_back(std::move(one)); };
  const std::string again = "the first answer is lost; a key that comes again: ";
  add(key_rule("F37-replay", again + "the first answer again", {}));
  add(key_rule("F37-in-progress", again + "409 twice, then the first answer", {.in_progress = 2}));
  add(key_rule("F37-reuse", again + "422 when the body differs", {.compares_payloads = true}));
  add(key_rule("F37-forgets", "two answers are lost; the key is new again when it comes then",
               {.forgets_after = 1}, 2));
  add(key_rule("F37-ignored", again + "acts again, keys mean nothing to it", {.honoured = false}));
  add(key_rule("F37-required", "400 without a key", {.required = true}, 0));
}

void add_schedules(std::vector<NamedFault>& catalogue) {
  const auto add = [&](const char* name, const char* what, When when, Reply reply) {
    catalogue.push_back(
        {.name = name, .what = what, .replies = always(std::move(reply)), .when = std::move(when)});
  };
  const Reply busy{.status = 503};
  Reply slow = acting();
  slow.delay_head = 1s;
  add("F38-nth", "every third request succeeds",
      {.requests = {{.from = 1, .until = 3, .period = 3}}}, busy);
  add("F38-random", "a tenth of the requests: 503", {.probability = 0.1}, busy);
  add("F38-brown-out", "a second late, 5 s of every 10",
      {.time = {{.from = 2s, .until = 7s, .period = 10s}}}, slow);
  add("F38-outage", "503 from the 2nd to the 7th second", {.time = {{.from = 2s, .until = 7s}}},
      busy);
  add("F38-flapping", "503 every other second", {.time = {{.from = 1s, .until = 2s, .period = 2s}}},
      busy);
  add("F38-shard", "503 for requests with X-Shard: 3", {.header = "X-Shard: 3"}, busy);
}

}  // namespace

void add_semantic_faults(std::vector<NamedFault>& catalogue) {
  add_retry_after(catalogue);
  add_rate_limits(catalogue);
  add_redirects(catalogue);
  add_statuses(catalogue);
  add_keys(catalogue);
  add_schedules(catalogue);
}

}  // namespace testing
}  // namespace v0
}  // namespace redial

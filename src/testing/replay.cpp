#include <map>
#include <optional>
#include <utility>

#include <redial/testing/cassette.hpp>

#include "testing/redact.hpp"

namespace redial {
inline namespace v0 {
namespace testing {
namespace {

// The fields that must agree, as one text.
std::string chosen_fields(const Headers& headers, const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names)
    text += name + ": " + headers.joined(name).value_or("(none)") + "\n";
  return text;
}

std::string body_of(const SentRequest& request, const Redaction& redaction) {
  return redacted_body(request.headers, request.body, redaction);
}

// What is compared of a request, by the options.
Match match_of(const Interaction& one, const ReplayOptions& options) {
  Match match;
  match.method(one.method);
  match.where_not(one.url,
                  [url = one.url, names = options.redaction.query_names](
                      const SentRequest& request) -> std::optional<std::string> {
                    const std::string found = request.url.redacted(names);
                    if (found == url) return std::nullopt;
                    return "the URL is " + found + ", recorded was " + url;
                  });
  if (options.match_body) {
    match.where_not("the recorded body",
                    [body = one.body, redaction = options.redaction](
                        const SentRequest& request) -> std::optional<std::string> {
                      const std::string found = body_of(request, redaction);
                      if (found == body) return std::nullopt;
                      return "the body is \"" + printable(found) + "\", recorded was \"" +
                             printable(body) + '"';
                    });
  }
  for (const auto& name : options.match_headers) {
    match.where_not(
        "the recorded " + name,
        [name, wanted = chosen_fields(one.headers, {name}),
         redaction = options.redaction](const SentRequest& request) -> std::optional<std::string> {
          const Headers shown = redacted(request.headers, redaction);
          if (chosen_fields(shown, {name}) == wanted) return std::nullopt;
          return name + " is not what was recorded";
        });
  }
  return match;
}

}  // namespace

std::shared_ptr<ScriptedTransport> replay(const Cassette& cassette, ReplayOptions options,
                                          std::shared_ptr<FakeClock> clock) {
  auto transport = std::make_shared<ScriptedTransport>(std::move(clock));
  if (options.strict) transport->in_order();
  std::map<std::string, Rule*> rules;
  for (const auto& one : cassette.interactions) {
    std::string key =
        one.method + " " + one.url + "\n" + chosen_fields(one.headers, options.match_headers);
    if (options.match_body) key += "\n" + one.body;
    Rule*& rule = rules[key];
    if (rule == nullptr || options.strict) rule = &transport->on(match_of(one, options));
    rule->answer(one.outcome);
  }
  return transport;
}

}  // namespace testing
}  // namespace v0
}  // namespace redial

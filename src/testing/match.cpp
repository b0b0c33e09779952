#include <redial/testing/match.hpp>

#include <algorithm>
#include <regex>
#include <stdexcept>
#include <utility>

#include <redial/http/method.hpp>
#include <redial/http/redact.hpp>

#include "testing/json_match.hpp"
#include "testing/multipart.hpp"
#include "testing/pairs.hpp"
#include "testing/redact.hpp"

namespace redial {
inline namespace v0 {
namespace testing {
namespace {

std::string in_quotes(std::string_view text) {
  return '"' + printable(text) + '"';
}

/// "*" and "{name}": anything but "/"; "**": anything.
bool glob(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  const bool any = pattern.starts_with("**");
  const std::size_t name_ends = pattern.front() == '{' ? pattern.find('}') : std::string_view::npos;
  const bool named = name_ends != std::string_view::npos;
  if (!any && pattern.front() != '*' && !named)
    return !text.empty() && pattern.front() == text.front() &&
           glob(pattern.substr(1), text.substr(1));
  const std::string_view rest = pattern.substr(any ? 2 : named ? name_ends + 1 : 1);
  for (std::size_t taken = 0;; ++taken) {
    if (glob(rest, text.substr(taken))) return true;
    if (taken == text.size() || (!any && text[taken] == '/')) return false;
  }
}

/// A URL pattern in its parts; what is absent is not compared.
struct UrlPattern {
  std::string scheme;
  std::string host;
  std::optional<std::uint16_t> port;
  std::optional<std::string> path;
  Pairs query;

  explicit UrlPattern(std::string_view text) {
    const std::string_view whole = text;
    const std::size_t authority = text.find("//");
    const std::size_t slash = text.find_first_of("/?");
    if (authority != std::string_view::npos && authority <= slash) {
      const std::size_t end = std::min(text.find_first_of("/?", authority + 2), text.size());
      read_authority(text.substr(0, end), authority);
      text.remove_prefix(end);
    } else if (!text.empty() && text.front() != '/' && text.front() != '?') {
      throw std::invalid_argument(
          R"(Match: a URL pattern begins with a scheme, "//" or "/"; this does not: )" +
          in_quotes(redact_urls(whole)));
    }
    const std::size_t question = std::min(text.find('?'), text.size());
    if (question > 0) path = percent_decode(text.substr(0, question));
    if (question < text.size()) query = form_decode(text.substr(question + 1));
  }

 private:
  void read_authority(std::string_view text, std::size_t slashes) {
    const bool any_scheme = slashes == 0;
    try {
      const Url url(any_scheme ? "http:" + std::string(text) : std::string(text));
      host = url.host();
      // Without a scheme a port counts only when it is written.
      const std::string_view authority = text.substr(slashes + 2);
      const std::size_t colon = authority.rfind(':');
      const bool written =
          colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
      if (!any_scheme || written) port = url.port();
      if (!any_scheme) scheme = url.scheme();
    } catch (const std::invalid_argument& error) {
      throw std::invalid_argument(std::string("Match: ") + error.what());
    }
  }
};

// Each of `wanted` is among `found`; with `whole`, nothing else is.
std::optional<std::string> pairs_differ(const Pairs& wanted, Pairs found, std::string_view kind,
                                        JsonMatch how) {
  for (const auto& pair : wanted) {
    const auto at = std::find(found.begin(), found.end(), pair);
    if (at != found.end()) {
      found.erase(at);
      continue;
    }
    const auto other = std::find_if(found.begin(), found.end(),
                                    [&](const auto& one) { return one.first == pair.first; });
    const bool secret = is_secret_name(pair.first);
    std::string text = std::string(kind) + " " + in_quotes(pair.first) + " is ";
    if (other != found.end() && secret) return text + "***, expected another";
    text += other == found.end() ? "not there" : in_quotes(other->second);
    return text + ", expected " + (secret ? "***" : in_quotes(pair.second));
  }
  if (how == JsonMatch::whole && !found.empty())
    return std::string(kind) + " " + in_quotes(found.front().first) + " was not expected";
  return std::nullopt;
}

std::regex compiled(std::string_view text) {
  try {
    return std::regex(text.begin(), text.end());
  } catch (const std::regex_error& error) {
    throw std::invalid_argument("Match: " + in_quotes(text) +
                                " is no regular expression: " + error.what());
  }
}

bool found_in(const std::string& text, const std::regex& regex) {
  return std::regex_search(text, regex);
}

std::string without_fragment(const Url& url) {
  return url.str().substr(0, url.str().find('#'));
}

}  // namespace

Match::Match(std::string_view route) {
  const std::size_t space = route.find(' ');
  const std::string_view first = route.substr(0, space);
  if (is_token(first) && first.find('*') == std::string_view::npos) {
    method(first);
    route = space == std::string_view::npos ? "" : trim_ows(route.substr(space));
  }
  if (!route.empty()) url(route);
}
Match::Match(const char* route) : Match(std::string_view(route)) {}
Match::Match(const std::string& route) : Match(std::string_view(route)) {}

Match& Match::where_not(std::string_view what, WhyNot why_not) {
  conditions_.push_back({std::string(what), std::move(why_not)});
  return *this;
}

Match& Match::where_route_not(std::string_view what, WhyNot why_not) {
  where_not(what, std::move(why_not));
  conditions_.back().of_route = true;
  return *this;
}

Match& Match::where(std::string_view what, std::function<bool(const SentRequest&)> holds) {
  return where_not(what,
                   [what = std::string(what), holds = std::move(holds)](
                       const SentRequest& request) -> std::optional<std::string> {
                     if (holds(request)) return std::nullopt;
                     return "not so: " + what;
                   });
}

Match& Match::method(std::string_view name) {
  std::string wanted = checked_method(name);
  const std::string what = wanted;
  return where_route_not(
      what, [wanted = std::move(wanted)](const SentRequest& request) -> std::optional<std::string> {
        if (request.method == wanted) return std::nullopt;
        return "the method is " + request.method + ", expected " + wanted;
      });
}

Match& Match::url(std::string_view pattern) {
  const UrlPattern wanted(pattern);
  if (!wanted.scheme.empty() || !wanted.host.empty() || wanted.path) {
    where_route_not(
        redact_urls(pattern.substr(0, pattern.find('?'))),
        [wanted](const SentRequest& request) -> std::optional<std::string> {
          const Url& url = request.url;
          if (!wanted.scheme.empty() && url.scheme() != wanted.scheme)
            return "the scheme is " + std::string(url.scheme()) + ", expected " + wanted.scheme;
          if (!wanted.host.empty() && url.host() != wanted.host)
            return "the host is " + std::string(url.host()) + ", expected " + wanted.host;
          if (wanted.port && url.port() != *wanted.port)
            return "the port is " + std::to_string(url.port()) + ", expected " +
                   std::to_string(*wanted.port);
          if (wanted.path && !glob(*wanted.path, percent_decode(url.path())))
            return "the path is " + printable(url.path()) + ", expected " + printable(*wanted.path);
          return std::nullopt;
        });
  }
  return wanted.query.empty() ? *this : query(wanted.query);
}

Match& Match::url_matching(std::string_view regex) {
  return where_route_not(
      "URL matching " + in_quotes(redact_urls(regex)),
      [regex = compiled(regex),
       text = redact_urls(regex)](const SentRequest& request) -> std::optional<std::string> {
        if (found_in(without_fragment(request.url), regex)) return std::nullopt;
        return "the URL " + request.url.redacted() + " does not match " + in_quotes(text);
      });
}

Match& Match::host(std::string_view name) {
  return url("//" + std::string(name));
}

Match& Match::fragment(std::string_view text) {
  return where_not(
      "#" + std::string(text),
      [text = std::string(text)](const SentRequest& request) -> std::optional<std::string> {
        const auto found = request.url.fragment();
        if (found == text) return std::nullopt;
        return "the fragment is " + (found ? in_quotes(*found) : "not there") + ", expected " +
               in_quotes(text);
      });
}

Match& Match::query(const Pairs& parameters) {
  return where_not("query " + shown(parameters), [parameters](const SentRequest& request) {
    return pairs_differ(parameters, request.query(), "query parameter", JsonMatch::part);
  });
}

Match& Match::query_exactly(const Pairs& parameters) {
  return where_not("query exactly " + shown(parameters), [parameters](const SentRequest& request) {
    return pairs_differ(parameters, request.query(), "query parameter", JsonMatch::whole);
  });
}

Match& Match::header(std::string_view name, std::string_view value) {
  return where_not(std::string(name) + ": " + shown_field(name, value),
                   [name = std::string(name), value = std::string(value)](
                       const SentRequest& request) -> std::optional<std::string> {
                     const auto values = request.headers.all(name);
                     if (std::find(values.begin(), values.end(), value) != values.end())
                       return std::nullopt;
                     return name + " is " +
                            (values.empty() ? "not there" : shown_field(name, values.front())) +
                            ", expected " + shown_field(name, value);
                   });
}

Match& Match::header_matching(std::string_view name, std::string_view regex) {
  return where_not(std::string(name) + " matching " + shown_field(name, regex),
                   [name = std::string(name), regex = compiled(regex), text = std::string(regex)](
                       const SentRequest& request) -> std::optional<std::string> {
                     const auto values = request.headers.all(name);
                     for (const auto value : values)
                       if (found_in(std::string(value), regex)) return std::nullopt;
                     return name + " is " +
                            (values.empty() ? "not there" : shown_field(name, values.front())) +
                            ", expected to match " + shown_field(name, text);
                   });
}

Match& Match::with_header(std::string_view name) {
  return where_not(
      "with " + std::string(name),
      [name = std::string(name)](const SentRequest& request) -> std::optional<std::string> {
        if (request.headers.contains(name)) return std::nullopt;
        return name + " is not there";
      });
}

Match& Match::without_header(std::string_view name) {
  return where_not(
      "without " + std::string(name),
      [name = std::string(name)](const SentRequest& request) -> std::optional<std::string> {
        if (!request.headers.contains(name)) return std::nullopt;
        return name + " is there, expected none";
      });
}

Match& Match::json(const JsonText& expected) {
  return where_not("JSON " + shown_json(expected.text),
                   [differs = json_matcher(expected.text, JsonMatch::whole)](
                       const SentRequest& request) { return differs(request.body); });
}

Match& Match::json_with(const JsonText& part) {
  return where_not("JSON with " + shown_json(part.text),
                   [differs = json_matcher(part.text, JsonMatch::part)](
                       const SentRequest& request) { return differs(request.body); });
}

Match& Match::form(const Pairs& fields) {
  return where_not("form " + shown(fields), [fields](const SentRequest& request) {
    return pairs_differ(fields, request.form(), "form field", JsonMatch::whole);
  });
}

Match& Match::form_with(const Pairs& fields) {
  return where_not("form with " + shown(fields), [fields](const SentRequest& request) {
    return pairs_differ(fields, request.form(), "form field", JsonMatch::part);
  });
}

Match& Match::multipart_with(const Pairs& parts) {
  return where_not("multipart with " + shown(parts),
                   [parts](const SentRequest& request) -> std::optional<std::string> {
                     const auto found =
                         multipart_parts(request.header("Content-Type").value_or(""), request.body);
                     if (!found) return "the body is not multipart/form-data";
                     return pairs_differ(parts, *found, "part", JsonMatch::part);
                   });
}

Match& Match::body(std::string_view text) {
  return where_not(
      "body " + in_quotes(without_secrets(text)),
      [text = std::string(text)](const SentRequest& request) -> std::optional<std::string> {
        if (request.body == text) return std::nullopt;
        return "the body is " + in_quotes(without_secrets(request.body, request.headers)) +
               ", expected " + in_quotes(without_secrets(text));
      });
}

Match& Match::body_with(std::string_view part) {
  return where_not(
      "body with " + in_quotes(without_secrets(part)),
      [part = std::string(part)](const SentRequest& request) -> std::optional<std::string> {
        if (request.body.find(part) != std::string::npos) return std::nullopt;
        return "the body " + in_quotes(without_secrets(request.body, request.headers)) +
               " does not hold " + in_quotes(without_secrets(part));
      });
}

Match& Match::body_matching(std::string_view regex) {
  return where_not("body matching " + in_quotes(without_secrets(regex)),
                   [regex = compiled(regex), text = std::string(regex)](
                       const SentRequest& request) -> std::optional<std::string> {
                     if (found_in(request.body, regex)) return std::nullopt;
                     return "the body " +
                            in_quotes(without_secrets(request.body, request.headers)) +
                            " does not match " + in_quotes(without_secrets(text));
                   });
}

std::vector<std::string> Match::mismatches(const SentRequest& request) const {
  std::vector<std::string> reasons;
  for (const auto& condition : conditions_) {
    if (auto why = condition.why_not(request)) reasons.push_back(*std::move(why));
  }
  return reasons;
}

std::size_t Match::route_mismatches(const SentRequest& request) const {
  const auto leads_elsewhere = [&](const Condition& condition) {
    return condition.of_route && condition.why_not(request).has_value();
  };
  return static_cast<std::size_t>(
      std::count_if(conditions_.begin(), conditions_.end(), leads_elsewhere));
}

bool Match::matches(const SentRequest& request) const {
  return std::none_of(conditions_.begin(), conditions_.end(), [&](const Condition& condition) {
    return condition.why_not(request).has_value();
  });
}

std::string Match::description() const {
  if (conditions_.empty()) return "any request";
  std::string text = conditions_.front().what;
  for (std::size_t i = 1; i < conditions_.size(); ++i)
    text.append(i == 1 && is_token(text) ? " " : ", ").append(conditions_[i].what);  // "POST /pay"
  return text;
}

}  // namespace testing
}  // namespace v0
}  // namespace redial

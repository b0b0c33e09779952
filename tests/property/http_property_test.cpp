// Grammar: fields against a model, dates against the C library, hints against arithmetic.

#include <ctime>
#include <limits>
#include <stdexcept>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <redial/http/headers.hpp>
#include <redial/http/http_date.hpp>
#include <redial/http/retry_after.hpp>
#include <redial/http/text.hpp>
#include <redial/http/url.hpp>

namespace {

using namespace redial;
using namespace std::chrono_literals;

// --- Headers

// Few names in several spellings, so that they meet.
std::string any_name() {
  return *rc::gen::element<std::string>("Accept", "accept", "ACCEPT", "X-Key", "x-key", "Date",
                                        "!#$");
}

std::string any_value() {
  return *rc::gen::container<std::string>(rc::gen::inRange<char>(0x21, 0x7F));
}

std::string lowered(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

RC_GTEST_PROP(HeadersProperty, AreAListThatIsSearchedInAnyCase, ()) {
  Headers headers;
  std::vector<Header> model;
  const auto same = [](const std::string& name) {
    return [name](const Header& field) { return lowered(field.name) == lowered(name); };
  };
  const int steps = *rc::gen::inRange(1, 30);
  for (int i = 0; i < steps; ++i) {
    const std::string name = any_name();
    const std::string value = any_value();
    switch (*rc::gen::inRange(0, 3)) {
      case 0:
        headers.add(name, " " + value + "\t");
        model.push_back({name, value});
        break;
      case 1: {
        headers.set(name, value);
        const auto first = std::find_if(model.begin(), model.end(), same(name));
        if (first == model.end()) {
          model.push_back({name, value});
        } else {
          first->value = value;
          model.erase(std::remove_if(first + 1, model.end(), same(name)), model.end());
        }
        break;
      }
      default:
        RC_ASSERT(headers.erase(name) == std::erase_if(model, same(name)));
    }
  }
  RC_ASSERT(headers.size() == model.size());
  std::size_t at = 0;
  for (const auto& field : headers) {
    RC_ASSERT(field.name == model[at].name);
    RC_ASSERT(field.value == model[at].value);
    ++at;
  }
  const std::string name = any_name();
  const auto found = std::find_if(model.begin(), model.end(), same(name));
  RC_ASSERT(headers.contains(name) == (found != model.end()));
  if (found != model.end()) RC_ASSERT(headers.get(name) == found->value);
  RC_ASSERT(static_cast<std::ptrdiff_t>(headers.all(name).size()) ==
            std::count_if(model.begin(), model.end(), same(name)));
}

RC_GTEST_PROP(HeadersProperty, NoByteCanEndAFieldEarly,
              (const std::string& name, const std::string& value)) {
  Headers headers;
  try {
    headers.add(name, value);
  } catch (const std::invalid_argument&) {
    RC_ASSERT(headers.empty());
    return;
  }
  const std::string line = headers.begin()->name + ": " + headers.begin()->value;
  for (const char c : line) {
    const auto byte = static_cast<unsigned char>(c);
    RC_ASSERT((byte >= 0x20 || c == '\t') && byte != 0x7F);
  }
  RC_ASSERT(line.find(':') == headers.begin()->name.size());
}

RC_GTEST_PROP(HeadersProperty, ALineBreakIsRefusedWhereverItStands, ()) {
  std::string value = any_value();
  const std::string breaking =
      *rc::gen::element<std::string>("\r\n", "\n", "\r", std::string(1, '\0'));
  value.insert(*rc::gen::inRange<std::size_t>(0, value.size() + 1), "x" + breaking + "x");
  Headers headers;
  RC_ASSERT_THROWS_AS(headers.add("X", value), std::invalid_argument);
  RC_ASSERT_THROWS_AS(headers.set("X", value), std::invalid_argument);
}

// --- dates

// Any second from 1900 to 2200.
WallTime any_time() {
  return WallTime{} +
         std::chrono::seconds{*rc::gen::inRange<std::int64_t>(-2208988800, 7258118400)};
}

std::string formatted(WallTime time, const char* form) {
  const std::time_t stamp =
      std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&stamp, &parts);
  char text[64];
  RC_ASSERT(std::strftime(text, sizeof text, form, &parts) > 0);
  return text;
}

RC_GTEST_PROP(HttpDateProperty, PrintsAndReadsAsTheCLibraryDoes, ()) {
  const WallTime time = any_time();
  const WallTime now = any_time();
  const std::string imf = formatted(time, "%a, %d %b %Y %H:%M:%S GMT");
  RC_ASSERT(format_http_date(time) == imf);
  RC_ASSERT(format_http_date(time + 999ms) == imf);
  RC_ASSERT(parse_http_date(imf, now) == time);
  RC_ASSERT(parse_http_date(formatted(time, "%a %b %e %H:%M:%S %Y"), now) == time);
}

RC_GTEST_PROP(HttpDateProperty, TwoDigitsAreAYearOfTheCenturyAroundNow, ()) {
  const WallTime now = any_time();
  // RFC 9110 §5.6.7: a date that seems more than 50 years ahead lies in the past.
  const WallTime time = now + std::chrono::hours{24 * *rc::gen::inRange(-49 * 365, 49 * 365)};
  RC_ASSERT(parse_http_date(formatted(time, "%A, %d-%b-%y %H:%M:%S GMT"), now) ==
            std::chrono::floor<std::chrono::seconds>(time));
}

RC_GTEST_PROP(HttpDateProperty, TwoDigitsAreReadAtTheEndsOfTimeToo, ()) {
  const WallTime now = *rc::gen::element(WallTime::min(), WallTime::max());
  const int year = *rc::gen::inRange(10, 100);
  const std::string text = "Sunday, 06-Nov-" + std::to_string(year) + " 08:49:37 GMT";
  RC_ASSERT(parse_http_date(text, now).has_value());
}

RC_GTEST_PROP(HttpDateProperty, SecondSixtyIsTheNextMinute, ()) {
  const WallTime minute = std::chrono::floor<std::chrono::minutes>(any_time());
  RC_ASSERT(parse_http_date(formatted(minute, "%a, %d %b %Y %H:%M:60 GMT"), minute) ==
            minute + 1min);
  RC_ASSERT(!parse_http_date(formatted(minute, "%a, %d %b %Y %H:%M:61 GMT"), minute));
}

RC_GTEST_PROP(HttpDateProperty, AChangedCharacterIsAnotherDateOrNone, ()) {
  std::string text = formatted(any_time(), "%a, %d %b %Y %H:%M:%S GMT");
  const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
  text[at] = static_cast<char>(*rc::gen::inRange(0, 256));
  const auto date = parse_http_date(text, WallTime{});
  const bool in_range = date && *date > WallTime::min() && *date < WallTime::max();
  if (in_range) RC_ASSERT(parse_http_date(format_http_date(*date), WallTime{}) == date);
}

// --- Retry-After

RC_GTEST_PROP(RetryAfterProperty, DigitsAreSeconds, ()) {
  const auto seconds = *rc::gen::element<std::uint64_t>(
      *rc::gen::inRange<std::uint64_t>(0, 100), *rc::gen::inRange<std::uint64_t>(0, 10'000'000'000),
      *rc::gen::arbitrary<std::uint64_t>());
  const auto hint = parse_retry_after(std::to_string(seconds), any_time(), std::nullopt);
  const auto ceiling = static_cast<std::uint64_t>(k_retry_after_ceiling / 1s);
  RC_ASSERT(hint == Duration(std::chrono::seconds{std::min(seconds, ceiling)}));
}

RC_GTEST_PROP(RetryAfterProperty, AnyTextIsAHintWithinBoundsOrNone, (const std::string& text)) {
  const auto hint = parse_retry_after(text, any_time(), std::nullopt);
  if (hint) RC_ASSERT(*hint >= Duration::zero() && *hint <= k_retry_after_ceiling);
}

RC_GTEST_PROP(RetryAfterProperty, ADateCountsFromTheAnswersDate, ()) {
  const WallTime when = any_time();
  const WallTime date = any_time();
  const Headers headers{{"Date", format_http_date(date)}, {"Retry-After", format_http_date(when)}};
  const auto hint = retry_after_of(headers, any_time());
  const auto apart = std::chrono::floor<std::chrono::seconds>(when).time_since_epoch() -
                     std::chrono::floor<std::chrono::seconds>(date).time_since_epoch();
  const auto expected = std::clamp<std::chrono::seconds>(
      apart, 0s, std::chrono::duration_cast<std::chrono::seconds>(k_retry_after_ceiling));
  RC_ASSERT(hint == Duration(expected));
}

RC_GTEST_PROP(RetryAfterProperty, TheLongestOfSeveralCounts, ()) {
  const auto seconds =
      *rc::gen::nonEmpty(rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 9000)));
  Headers headers;
  for (const int one : seconds) {
    headers.add("Retry-After", std::to_string(one));
    if (*rc::gen::arbitrary<bool>()) headers.add("retry-after", "soon");
  }
  RC_ASSERT(retry_after_of(headers, WallTime{}) ==
            Duration(std::chrono::seconds{*std::max_element(seconds.begin(), seconds.end())}));
}

// --- encodings

RC_GTEST_PROP(TextProperty, EncodingsGoThereAndBack, (const std::string& bytes)) {
  RC_ASSERT(base64_decode(base64_encode(bytes)) == bytes);
  const std::string escaped = percent_encode(bytes);
  RC_ASSERT(percent_decode(escaped) == bytes);
  for (const char c : escaped) RC_ASSERT(c > 0x20 && c < 0x7F && c != '&' && c != '=' && c != '+');
}

RC_GTEST_PROP(TextProperty, LinksNeverFail, (const std::string& text)) {
  for (const auto& link : parse_links("<a>; rel=x, " + text)) (void)link.rel();
  RC_ASSERT(parse_links("<a>; rel=x, " + text).front().url == "a");
}

// What connects is what another parser reads in the same text, character for character.
RC_GTEST_PROP(UrlProperty, WhatIsAcceptedIsTheSameUrlToBoost, ()) {
  const auto characters = rc::gen::elementOf(std::string("ab1.-_~/?&=%2e:@[]#!$ \\\"^|+,;'()*"));
  const std::string text =
      *rc::gen::element<std::string>("http://", "https://", "http://a", "HTTP://[::1]") +
      *rc::gen::container<std::string>(characters);
  const auto url = Url::try_parse(text);
  if (!url) return;
  const auto other = boost::urls::parse_uri(url->str());
  RC_ASSERT(other.has_value());
  RC_ASSERT(std::string(other->encoded_host_address()) == url->host());
  RC_ASSERT(std::string(other->encoded_path()) == url->path());
  RC_ASSERT(other->has_query() == url->query().has_value());
  RC_ASSERT(std::string(other->encoded_query()) == url->query().value_or(""));
  if (other->has_port()) RC_ASSERT(other->port_number() == url->port());
}

}  // namespace

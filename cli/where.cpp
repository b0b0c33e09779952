#include "where.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include <redial/http/url.hpp>

#include "errors.hpp"

namespace redial::cli {
namespace {

constexpr std::array<std::string_view, 17> k_fields{
    "id",     "line",        "method",    "url",      "host", "outcome",
    "resend", "stop_reason", "status",    "attempts", "key",  "retry_at",
    "reason", "t",           "elapsed_s", "response", "meta"};

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

std::vector<std::string_view> split(std::string_view text, std::string_view by) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto at = text.find(by);
    parts.push_back(trimmed(text.substr(0, at)));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + by.size());
  }
}

std::optional<double> number_of(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool all = error == std::errc() && end == text.data() + text.size() && !text.empty();
  if (!all || !std::isfinite(value)) return std::nullopt;  // "nan" and "inf" are words here
  return value;
}

std::optional<JsonView> member(JsonView object, const std::string& name) {
  std::optional<JsonView> found;
  if (!object.is(JsonView::Kind::object)) return found;
  object.members([&](JsonView key, JsonView value) {
    if (key.string() == name) found = value;
  });
  return found;
}

// The field as text; nothing when it is absent or null.
std::optional<std::string> field_of(const std::vector<std::string>& path, JsonView line) {
  if (path.front() == "host") {
    const auto url = member(line, "url");
    if (!url || !url->is(JsonView::Kind::string)) return std::nullopt;
    const auto parsed = Url::try_parse(url->string());
    return parsed ? std::optional(std::string(parsed->host())) : std::nullopt;
  }
  std::optional<JsonView> at = line;
  for (const auto& name : path) {
    at = member(*at, name);
    if (!at) return std::nullopt;
  }
  if (at->is(JsonView::Kind::null)) return std::nullopt;
  return at->is(JsonView::Kind::string) ? at->string() : std::string(at->raw());
}

bool is_number(const std::vector<std::string>& path) {
  constexpr std::array<std::string_view, 4> numbers{"line", "status", "attempts", "elapsed_s"};
  return path.size() == 1 && std::find(numbers.begin(), numbers.end(), path[0]) != numbers.end();
}

[[noreturn]] void fail(std::string_view text, const std::string& why) {
  throw UsageError("--where: " + why + ": " + printable(text));
}

}  // namespace

Where::Where(const std::string& text) {
  for (const auto choice : split(text, "||")) {
    auto& all = any_of_.emplace_back();
    for (const auto test : split(choice, "&&")) all.push_back(test_of(test));
  }
}

Where::Test Where::test_of(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, Op>, 8> ops{{{"!=", Op::unequal},
                                                                {"<=", Op::at_most},
                                                                {">=", Op::at_least},
                                                                {"==", Op::equal},
                                                                {"=", Op::equal},
                                                                {"<", Op::less},
                                                                {">", Op::greater},
                                                                {"~", Op::contains}}};
  const auto at = text.find_first_of("!=<>~");
  if (at == std::string_view::npos) fail(text, "expected FIELD=VALUE");
  const auto op = std::find_if(ops.begin(), ops.end(), [&](const auto& one) {
    return text.substr(at).starts_with(one.first);
  });
  if (op == ops.end()) fail(text, "expected one of = != < <= > >= ~");
  Test test;
  test.op = op->second;
  test.value = trimmed(text.substr(at + op->first.size()));
  const bool quoted = test.value.size() >= 2 && test.value.front() == test.value.back() &&
                      (test.value.front() == '"' || test.value.front() == '\'');
  if (test.value.empty()) fail(text, "no value; null is none, '' is an empty one");
  if (quoted) test.value = test.value.substr(1, test.value.size() - 2);
  for (const auto name : split(trimmed(text.substr(0, at)), ".")) test.path.emplace_back(name);
  if (std::find(k_fields.begin(), k_fields.end(), test.path.front()) == k_fields.end()) {
    std::string known;
    for (const auto field : k_fields) known.append(known.empty() ? "" : " ").append(field);
    fail(text, "no such field (there are " + known + ")");
  }
  const bool ordered = test.op != Op::equal && test.op != Op::unequal && test.op != Op::contains;
  const bool null = test.value == "null" && !ordered;
  if (is_number(test.path) && test.op != Op::contains && !null && !number_of(test.value))
    fail(text, test.path[0] + " is a number");
  return test;
}

bool Where::holds(const Test& test, JsonView line) {
  const auto field = field_of(test.path, line);
  if (!field)
    return (test.value == "null") == (test.op == Op::equal) &&
           (test.op == Op::equal || test.op == Op::unequal);
  if (test.op == Op::contains) return field->find(test.value) != std::string::npos;
  const auto a = number_of(*field);
  const auto b = number_of(test.value);
  const int order = a && b ? (*a < *b ? -1 : *a > *b ? 1 : 0) : field->compare(test.value);
  switch (test.op) {
    case Op::equal:
      return order == 0;
    case Op::unequal:
      return order != 0;
    case Op::less:
      return order < 0;
    case Op::at_most:
      return order <= 0;
    case Op::greater:
      return order > 0;
    case Op::at_least:
      return order >= 0;
    case Op::contains:
      break;
  }
  return false;
}

bool Where::matches(JsonView line) const {
  return std::any_of(any_of_.begin(), any_of_.end(), [&](const auto& all) {
    return std::all_of(all.begin(), all.end(), [&](const Test& test) { return holds(test, line); });
  });
}

}  // namespace redial::cli

#include "retrying/describe.hpp"

#include <cstdlib>
#include <memory>
#include <string_view>

#include <cxxabi.h>

#include <redial/http/redact.hpp>
#include <redial/session/errors.hpp>

#include "http/utf8.hpp"

namespace redial {
inline namespace v0 {
namespace detail {
namespace {

constexpr std::size_t k_longest_line = 300;

// The first line, not endless, without secrets of URLs and what would break a line of a log.
std::string one_line(std::string_view whole) {
  std::string text = redact_urls(whole.substr(0, whole.find('\n')));
  if (text.size() > k_longest_line) text = std::string(utf8_prefix(text, k_longest_line)) + "…";
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  return text;
}

// Names as people write them.
std::string without(std::string name, std::string_view part) {
  for (auto at = name.find(part); at != std::string::npos; at = name.find(part, at))
    name.erase(at, part.size());
  return name;
}

// "redial::StatusError", which its users catch, for the template that it is.
std::string error_class(std::string name) {
  constexpr std::string_view before = "redial::ErrorOf<(redial::ErrorKind)";
  if (!name.starts_with(before)) return name;
  const int kind = std::atoi(name.c_str() + before.size());
  std::string word(to_string(static_cast<ErrorKind>(kind)));
  word.front() = static_cast<char>(word.front() - 'a' + 'A');
  return "redial::" + word + "Error";
}

}  // namespace

std::string type_name(const std::type_info& type) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), &std::free);
  if (status != 0) return type.name();
  return error_class(
      without(without(without(name.get(), "(anonymous namespace)::"), "::v0"), "::__cxx11"));
}

std::string message_of(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return {};
  }
}

std::string class_of(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (...) {
    const std::type_info* const type = abi::__cxa_current_exception_type();
    std::string name = type == nullptr ? "unknown" : type_name(*type);
    // What std::throw_with_nested makes of a class.
    constexpr std::string_view nested = "std::_Nested_exception<";
    if (name.starts_with(nested))
      name = error_class(name.substr(nested.size(), name.size() - nested.size() - 1));
    return name;
  }
}

std::string describe(const std::exception_ptr& exception) {
  std::string message;
  try {
    std::rethrow_exception(exception);
  } catch (const Error& error) {
    message = error.report().attempts.empty() ? error.what() : error.report().line();
  } catch (...) {
    message = message_of(exception);
  }
  return one_line(class_of(exception) + (message.empty() ? "" : ": " + message));
}

const char* ordinal_suffix(int number) {
  if (number % 100 >= 11 && number % 100 <= 13) return "th";
  switch (number % 10) {
    case 1:
      return "st";
    case 2:
      return "nd";
    case 3:
      return "rd";
    default:
      return "th";
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace redial

#include <redial/http/headers.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <redial/http/text.hpp>

#include "http/lower.hpp"

namespace redial {
inline namespace v0 {
namespace {

void check_name(const std::string& name) {
  if (!is_token(name)) {
    throw std::invalid_argument("header \"" + printable(name) +
                                "\": its name is not a token (RFC 9110 §5.6.2)");
  }
}

// Takes the spaces around `value` off and refuses what would end the line.
std::string checked_value(const std::string& name, std::string value) {
  const auto first = value.find_first_not_of(" \t");
  if (first == std::string::npos) return {};
  value.erase(value.find_last_not_of(" \t") + 1);
  value.erase(0, first);
  for (std::size_t i = 0; i < value.size(); ++i) {
    const auto byte = static_cast<unsigned char>(value[i]);
    if ((byte < 0x20 && value[i] != '\t') || byte == 0x7F) {
      throw std::invalid_argument("header \"" + name + "\": its value has the control character " +
                                  printable(value.substr(i, 1)) + " at position " +
                                  std::to_string(i));
    }
  }
  return value;
}

}  // namespace

bool iequals(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return detail::lower(x) == detail::lower(y);
         });
}

Headers::Headers(std::initializer_list<Header> fields) {
  for (const auto& field : fields) add(field.name, field.value);
}

void Headers::add(std::string name, std::string value) {
  check_name(name);
  std::string checked = checked_value(name, std::move(value));
  fields_.push_back({std::move(name), std::move(checked)});
}

void Headers::set(std::string name, std::string value) {
  check_name(name);
  std::string checked = checked_value(name, std::move(value));
  const auto same = [&](const Header& field) { return iequals(field.name, name); };
  const auto first = std::find_if(fields_.begin(), fields_.end(), same);
  if (first == fields_.end()) {
    fields_.push_back({std::move(name), std::move(checked)});
    return;
  }
  first->value = std::move(checked);
  fields_.erase(std::remove_if(first + 1, fields_.end(), same), fields_.end());
}

void Headers::add_received(std::string name, std::string value) {
  constexpr std::size_t usual = 16;  // fields of an answer: one allocation instead of five
  if (fields_.empty()) fields_.reserve(usual);
  fields_.push_back({std::move(name), std::move(value)});
}

std::size_t Headers::erase(std::string_view name) {
  return std::erase_if(fields_, [&](const Header& field) { return iequals(field.name, name); });
}

bool Headers::contains(std::string_view name) const noexcept {
  return get(name).has_value();
}

std::optional<std::string_view> Headers::get(std::string_view name) const noexcept {
  for (const auto& field : fields_) {
    if (iequals(field.name, name)) return field.value;
  }
  return std::nullopt;
}

std::vector<std::string_view> Headers::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& field : fields_) {
    if (iequals(field.name, name)) values.emplace_back(field.value);
  }
  return values;
}

std::optional<std::string> Headers::joined(std::string_view name) const {
  std::optional<std::string> text;
  for (const auto& field : fields_) {
    if (!iequals(field.name, name)) continue;
    if (text) {
      text->append(", ").append(field.value);
    } else {
      text = field.value;
    }
  }
  return text;
}

bool operator==(const Headers& a, const Headers& b) noexcept {
  return std::equal(a.fields_.begin(), a.fields_.end(), b.fields_.begin(), b.fields_.end(),
                    [](const Header& x, const Header& y) {
                      return iequals(x.name, y.name) && x.value == y.value;
                    });
}

}  // namespace v0
}  // namespace redial

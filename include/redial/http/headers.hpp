#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <redial/config.hpp>

namespace redial {
inline namespace v0 {

/// ASCII letters of any case are equal, every other byte only to itself. No locale.
REDIAL_EXPORT bool iequals(std::string_view a, std::string_view b) noexcept;

/// One field line.
struct Header {
  std::string name;
  std::string value;
};

/// The fields of a message: in order, repeated where they were repeated, found whatever the case of
/// their name.
///
/// What the caller writes is checked, because a line break in a value is a second header: a name is
/// a token (RFC 9110 §5.6.2), a value holds no control character but tab, and spaces around it are
/// dropped. What came from a server is taken as the parser gave it, by `add_received`.
///
/// Errors: std::invalid_argument names the header and the place, never the value (it may be a
/// secret). Thread safety: a value. Complexity: look-up is linear (messages have tens of fields);
/// empty allocates nothing. Views stay valid until the object changes.
class REDIAL_EXPORT Headers {
 public:
  using const_iterator = std::vector<Header>::const_iterator;

  Headers() noexcept = default;
  /// As if each were given to `add`.
  Headers(std::initializer_list<Header> fields);

  /// Appends a field; others of that name stay.
  void add(std::string name, std::string value);
  /// Replaces every field of that name by one, in the place of the first, or appends it.
  void set(std::string name, std::string value);
  /// Appends a field that a parser has already checked.
  void add_received(std::string name, std::string value);
  /// Removes every field of that name; returns how many there were.
  std::size_t erase(std::string_view name);

  bool contains(std::string_view name) const noexcept;
  /// The first value of that name.
  std::optional<std::string_view> get(std::string_view name) const noexcept;
  /// Every value of that name, in order.
  std::vector<std::string_view> all(std::string_view name) const;
  /// The values joined by ", " (RFC 9110 §5.3). Not for Set-Cookie, whose values hold commas: use
  /// `all`.
  std::optional<std::string> joined(std::string_view name) const;

  std::size_t size() const noexcept { return fields_.size(); }  ///< field lines
  bool empty() const noexcept { return fields_.empty(); }
  const_iterator begin() const noexcept { return fields_.begin(); }
  const_iterator end() const noexcept { return fields_.end(); }

  /// The same fields in the same order; names in any case.
  REDIAL_EXPORT friend bool operator==(const Headers& a, const Headers& b) noexcept;

 private:
  std::vector<Header> fields_;
};

}  // namespace v0
}  // namespace redial

#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <redial/config.hpp>

namespace redial {
inline namespace v0 {

/// The methods whose requests may be sent again.
///
/// Listing POST or PATCH, or `any()`, declares that repeating such a request is harmless *on this
/// server*: a lost answer then leads to a second send, and a server that acted on the first acts
/// twice. Prefer an idempotency key.
///
/// Names of RFC 9110 are accepted in any case (urllib3 silently never matches "get"); others are
/// case-sensitive. An empty set allows none (urllib3: every method). Errors: std::invalid_argument
/// for what is not a method name. Thread safety: a value.
class REDIAL_EXPORT Methods {
 public:
  Methods() = default;  ///< none
  Methods(std::initializer_list<std::string_view> names);
  template <class Iterator>
  Methods(Iterator first, Iterator last) {
    for (; first != last; ++first) add(*first);
  }
  static Methods any();
  /// GET HEAD OPTIONS TRACE PUT DELETE QUERY: idempotent by definition.
  static Methods idempotent();

  void add(std::string_view name);
  bool contains(std::string_view method) const noexcept;
  bool is_any() const noexcept { return any_; }
  /// Sorted; empty for `any()` too.
  std::vector<std::string> names() const;

  bool operator==(const Methods&) const = default;

 private:
  std::uint32_t known_ = 0;  // one bit a method of RFC 9110, PATCH and QUERY
  bool any_ = false;
  std::vector<std::string> others_;
};

}  // namespace v0
}  // namespace redial

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace redial {
inline namespace v0 {
namespace detail {

/// A set of bytes, asked with one look-up: grammar that is applied to every byte of every request.
class CharSet {
 public:
  constexpr CharSet() = default;
  constexpr explicit CharSet(std::string_view members) {
    for (const char c : members) at(c) = true;
  }
  /// Letters and digits of ASCII.
  static constexpr CharSet alnum() {
    return CharSet("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
  }
  /// Everything below space, and DEL.
  static constexpr CharSet control() {
    CharSet set;
    for (int c = 0; c < 0x20; ++c) set.at(static_cast<char>(c)) = true;
    set.at('\x7F') = true;
    return set;
  }
  constexpr CharSet with(std::string_view more) const {
    CharSet set = *this;
    for (const char c : more) set.at(c) = true;
    return set;
  }
  constexpr CharSet without(char c) const {
    CharSet set = *this;
    set.at(c) = false;
    return set;
  }

  constexpr bool contains(char c) const noexcept { return member_[static_cast<unsigned char>(c)]; }
  constexpr bool contains_all(std::string_view text) const noexcept {
    return std::all_of(text.begin(), text.end(), [this](char c) { return contains(c); });
  }
  constexpr bool contains_any(std::string_view text) const noexcept {
    return std::any_of(text.begin(), text.end(), [this](char c) { return contains(c); });
  }
  /// Where the first member is; the size without any.
  constexpr std::size_t first_in(std::string_view text) const noexcept {
    const auto found =
        std::find_if(text.begin(), text.end(), [this](char c) { return contains(c); });
    return static_cast<std::size_t>(found - text.begin());
  }

 private:
  constexpr bool& at(char c) { return member_[static_cast<unsigned char>(c)]; }
  std::array<bool, 256> member_{};
};

}  // namespace detail
}  // namespace v0
}  // namespace redial

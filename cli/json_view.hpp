#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace redial::cli {

/// Why a text is not the JSON that was expected, and where: a byte of the text, from 0.
struct JsonError : std::runtime_error {
  JsonError(std::size_t where, const std::string& why) : std::runtime_error(why), offset(where) {}
  std::size_t offset;
};

/// A value inside a JSON text that has been checked: the text itself, not a copy, so that numbers
/// and whole values pass through unchanged and every message can say where it was.
///
/// Thread safety: a value; the text must outlive it.
class JsonView {
 public:
  enum class Kind { object, array, string, number, boolean, null };

  /// Checks all of `text` (RFC 8259, UTF-8 included). Throws JsonError.
  static JsonView parse(std::string_view text);

  Kind kind() const noexcept;
  std::string_view raw() const noexcept { return raw_; }
  bool is(Kind kind_asked) const noexcept { return kind() == kind_asked; }
  /// Only for the kind that the name says.
  std::string string() const;
  bool boolean() const noexcept { return raw_ == "true"; }
  double number() const;

  /// Calls `visit(key, value)` for each member in order, one that repeats too.
  template <class Visit>
  void members(Visit visit) const;
  /// Calls `visit(value)` for each element in order.
  template <class Visit>
  void elements(Visit visit) const;

 private:
  explicit JsonView(std::string_view raw) : raw_(raw) {}
  class Walk;
  std::string_view raw_;
};

class JsonView::Walk {
 public:
  explicit Walk(std::string_view container) : left_(container.substr(1)) {}
  bool next(bool with_key);
  JsonView key{std::string_view()};
  JsonView value{std::string_view()};

 private:
  JsonView take();
  std::string_view left_;
};

template <class Visit>
void JsonView::members(Visit visit) const {
  Walk walk(raw_);
  while (walk.next(true)) visit(walk.key, walk.value);
}

template <class Visit>
void JsonView::elements(Visit visit) const {
  Walk walk(raw_);
  while (walk.next(false)) visit(walk.value);
}

/// Appends `text` as a JSON string; bytes that are not UTF-8 become U+FFFD.
void append_json(std::string& out, std::string_view text);
bool is_utf8(std::string_view text) noexcept;

}  // namespace redial::cli

#pragma once

#include <chrono>
#include <functional>
#include <set>
#include <string>
#include <string_view>

#include <redial/http/text.hpp>
#include <redial/testing/fault_catalogue.hpp>

#include "json_view.hpp"

namespace redial::cli {

/// Reads values of a fault script, each as the kind that its field needs. What is wrong is thrown
/// as JsonError, with the place in `text` and the field's name.
class FaultFields {
 public:
  using Change = std::function<void(testing::Reply&)>;

  explicit FaultFields(std::string_view text) : text_(text) {}

  [[noreturn]] void fail(JsonView at, const std::string& why) const;
  void expect(JsonView value, JsonView::Kind kind, std::string_view field, const char* what) const;
  int number(JsonView value, std::string_view field, double low, double high) const;
  double share(JsonView value, std::string_view field) const;
  std::string text(JsonView value, std::string_view field) const;
  std::string bytes(JsonView value, std::string_view field) const;
  bool yes_or_no(JsonView value, std::string_view field) const;
  std::chrono::milliseconds span(JsonView value, std::string_view field) const;

  /// Hands over an object's members, none of them twice. Returns their names.
  template <class Take>
  std::set<std::string> members(JsonView object, Take take) const {
    std::set<std::string> seen;
    object.members([&](JsonView key, JsonView value) {
      const std::string name = key.string();
      if (!seen.insert(name).second) fail(key, "\"" + printable(name) + "\" is given twice");
      take(key, value);
    });
    return seen;
  }
  /// The fields of a reply.
  template <class Take>
  void reply_members(JsonView reply, Take take) const {
    const auto seen = members(reply, take);
    const auto either = [&](const char* plain, const char* coded) {
      if (seen.contains(plain) && seen.contains(coded))
        fail(reply, std::string(plain) + ": not together with " + coded);
    };
    either("body", "body_base64");
    either("raw", "raw_base64");
  }

  /// One of the words of an enumeration, up to `last`.
  template <class Enum>
  Enum word(JsonView value, std::string_view field, Enum last) const {
    std::string known;
    for (int i = 0; i <= static_cast<int>(last); ++i) {
      const auto one = static_cast<Enum>(i);
      if (value.is(JsonView::Kind::string) && value.string() == to_string(one)) return one;
      known.append(known.empty() ? "" : ", ").append(to_string(one));
    }
    fail(value, std::string(field) + " must be one of " + known);
  }

  /// What a field of a reply changes in one.
  Change reply_field(JsonView key, JsonView value) const;
  testing::When when(JsonView view) const;
  /// A fault of the catalogue that a scripted server, or proxy, can have.
  const testing::NamedFault* named(JsonView value, testing::NamedFault::Role role) const;
  /// What a proxy answers itself.
  testing::FaultProxy::Answer proxy_answer(JsonView view) const;
  testing::KeyRules keys(JsonView view) const;

 private:
  Change framing(const std::string& field, JsonView value) const;
  Change going_wrong(const std::string& field, JsonView value) const;
  Change afterwards(const std::string& field, JsonView value) const;
  Change headers(JsonView value) const;

  std::string_view text_;
};

}  // namespace redial::cli

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <redial/http/headers.hpp>

namespace redial {
inline namespace v0 {
namespace detail {

/// The strong validator of an answer, as If-Range takes it: its entity tag unless that is weak; a
/// Last-Modified only where there is no tag at all and the answer's own Date is a minute later,
/// since a file may change twice within the second (RFC 9110 §8.8.2.2, §13.1.5). Empty: none. Pure.
std::string strong_validator(const Headers& headers);

/// What has come of one representation, and whether the rest alone can be asked for: the rule of
/// resuming a download (RFC 9110 §13.1.5, §14, §15.3.7). It errs towards beginning again, never
/// towards bytes that may belong to another representation. Pure.
class PartialBody {
 public:
  /// A whole representation begins. `decoded`: its content coding is undone, so that the bytes
  /// counted here are not those that a server counts.
  void begin(const Headers& headers, bool decoded);
  void add(std::uint64_t bytes) noexcept { size_ += bytes; }

  std::uint64_t size() const noexcept { return size_; }
  /// Whether the rest can be asked for safely: something is there, something is missing, it has a
  /// strong validator, and the server does not say that it knows no ranges.
  bool can_go_on() const noexcept;
  /// "bytes=1048576-": the value of Range, beside If-Range.
  std::string range() const { return "bytes=" + std::to_string(size_) + "-"; }
  const std::string& validator() const noexcept { return validator_; }

  /// Why this 206 is not the rest that was asked for, as a clause; nullopt: it is, and goes on
  /// here.
  std::optional<std::string> objection(const Headers& headers);
  /// A 206 to a Range of the caller's own, `asked`: why it is none, as a clause; nullopt: its bytes
  /// come, and are counted. Of several ranges, or of parts in a multipart body, nothing is said.
  std::optional<std::string> begin_part(const Headers& headers, std::string_view asked);
  /// Whether the part at hand may still bring so many bytes.
  bool has_room_for(std::uint64_t bytes) const noexcept { return !end_ || bytes <= *end_ - size_; }
  /// After a part that is whole as a message: why the representation is not; nullopt: it is.
  std::optional<std::string> missing() const;

 private:
  std::string validator_;
  std::string coding_;                     // left as it came
  std::optional<std::uint64_t> complete_;  // bytes of the whole, when known
  std::optional<std::uint64_t> end_;       // of the part at hand, if it is one
  std::uint64_t size_ = 0;
  bool rangeable_ = false;
};

}  // namespace detail
}  // namespace v0
}  // namespace redial

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <redial/config.hpp>
#include <redial/http/headers.hpp>

#include "http/hash.hpp"

namespace redial {
inline namespace v0 {
namespace detail {

/// A digest that an answer carries: sha-256 or sha-512, raw bytes of the right length.
struct Digest {
  std::string_view algorithm;  ///< as the field spells it
  std::string value;

  bool operator==(const Digest&) const = default;
};

/// What Repr-Digest or Content-Digest (RFC 9530), named by `field`, says in algorithms that prove
/// something. Others are left out, and so is a field that breaks its grammar. Pure.
REDIAL_EXPORT std::vector<Digest> digests_in(const Headers& headers, std::string_view field);

/// Compares bytes that come in pieces with such digests; without any it costs nothing.
class REDIAL_EXPORT DigestCheck {
 public:
  /// What another head, or a trailer section, says of the same bytes.
  enum class Word : std::uint8_t {
    agrees,       ///< nothing, or what is looked at in the end
    contradicts,  ///< another digest of the same algorithm: they are not the same bytes
    too_late,     ///< in no algorithm that the bytes so far went through
  };

  DigestCheck() = default;
  /// Checks what `field` says in `head`; where its Trailer field announces `field`, what that says.
  DigestCheck(std::string_view field, const Headers& head);

  void update(std::string_view bytes) {
    for (auto& one : checked_) one.hash.update(bytes);
  }
  Word also(const Headers& headers);
  /// After the last byte, once: a sentence when they are other bytes than those of the digests.
  std::optional<std::string> mismatch();

 private:
  struct Checked {
    std::string_view algorithm;
    Hash hash;
    std::string expected;  // empty: not said yet
  };
  std::string field_;
  std::vector<Checked> checked_;
};

}  // namespace detail
}  // namespace v0
}  // namespace redial

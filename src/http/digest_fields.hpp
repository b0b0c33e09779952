#pragma once

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
  DigestCheck() = default;
  DigestCheck(std::string_view field, std::vector<Digest> expected);

  void update(std::string_view bytes) {
    for (auto& hash : hashes_) hash.update(bytes);
  }
  /// After the last byte, once: a sentence when they are other bytes than those of the digests.
  std::optional<std::string> mismatch();
  const std::vector<Digest>& expected() const noexcept { return expected_; }

 private:
  std::string field_;
  std::vector<Digest> expected_;
  std::vector<Hash> hashes_;  // one for each
};

/// Whether the two name different digests of the same algorithm: they are not of the same bytes.
REDIAL_EXPORT bool contradict(const std::vector<Digest>& one, const std::vector<Digest>& other);

}  // namespace detail
}  // namespace v0
}  // namespace redial

#include "http/digest_fields.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "http/structured_fields.hpp"

namespace redial {
inline namespace v0 {
namespace detail {
namespace {

struct Known {
  std::string_view name;
  const char* hash;
  std::size_t size;
};
// The "Active" ones of the registry. The others (md5, unixsum …) prove nothing against anybody.
constexpr std::array<Known, 2> k_known{{{"sha-256", "SHA256", 32}, {"sha-512", "SHA512", 64}}};

const Known* find(std::string_view name) {
  const auto found = std::find_if(k_known.begin(), k_known.end(),
                                  [&](const Known& one) { return one.name == name; });
  return found == k_known.end() ? nullptr : &*found;
}

}  // namespace

std::vector<Digest> digests_in(const Headers& headers, std::string_view field) {
  std::vector<Digest> digests;
  if (!headers.contains(field)) return digests;
  const auto members = parse_structured_dictionary(headers.joined(field).value_or(""));
  if (!members) return digests;
  for (const auto& [name, item] : *members) {
    const Known* const known = find(name);
    if (known == nullptr || item.value.kind != BareItem::Kind::bytes ||
        item.value.text.size() != known->size)
      continue;
    digests.push_back({.algorithm = known->name, .value = item.value.text});
  }
  return digests;
}

DigestCheck::DigestCheck(std::string_view field, std::vector<Digest> expected)
    : field_(field), expected_(std::move(expected)) {
  for (const auto& digest : expected_) hashes_.emplace_back(find(digest.algorithm)->hash);
}

std::optional<std::string> DigestCheck::mismatch() {
  for (std::size_t i = 0; i < hashes_.size(); ++i) {
    if (hashes_[i].finish() == expected_[i].value) continue;
    return "the bytes that came are not those of " + field_ + " (" +
           std::string(expected_[i].algorithm) + ")";
  }
  return std::nullopt;
}

bool contradict(const std::vector<Digest>& one, const std::vector<Digest>& other) {
  return std::any_of(one.begin(), one.end(), [&](const Digest& a) {
    return std::any_of(other.begin(), other.end(), [&](const Digest& b) {
      return a.algorithm == b.algorithm && a.value != b.value;
    });
  });
}

}  // namespace detail
}  // namespace v0
}  // namespace redial

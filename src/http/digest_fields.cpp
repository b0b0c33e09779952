#include "http/digest_fields.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "http/comma_list.hpp"
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

// RFC 9110 §6.6.2.
bool announces(const Headers& head, std::string_view field) {
  for (const auto value : head.all("Trailer")) {
    if (lists(value, field)) return true;
  }
  return false;
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

DigestCheck::DigestCheck(std::string_view field, const Headers& head) : field_(field) {
  for (auto& digest : digests_in(head, field)) {
    checked_.push_back({.algorithm = digest.algorithm,
                        .hash = Hash(find(digest.algorithm)->hash),
                        .expected = std::move(digest.value)});
  }
  if (!checked_.empty() || !announces(head, field)) return;
  for (const auto& known : k_known)
    checked_.push_back({.algorithm = known.name, .hash = Hash(known.hash), .expected = {}});
}

DigestCheck::Word DigestCheck::also(const Headers& headers) {
  bool any = false;
  bool looked_at = false;
  for (auto& digest : digests_in(headers, field_)) {
    any = true;
    for (auto& one : checked_) {
      if (one.algorithm != digest.algorithm) continue;
      if (one.expected.empty()) one.expected = digest.value;
      if (one.expected != digest.value) return Word::contradicts;
      looked_at = true;
    }
  }
  return any && !looked_at ? Word::too_late : Word::agrees;
}

std::optional<std::string> DigestCheck::mismatch() {
  for (auto& one : checked_) {
    if (one.expected.empty() || one.hash.finish() == one.expected) continue;
    return "the bytes that came are not those of " + field_ + " (" + std::string(one.algorithm) +
           ")";
  }
  return std::nullopt;
}

}  // namespace detail
}  // namespace v0
}  // namespace redial

#include "http/digest_fields.hpp"

#include <gtest/gtest.h>

namespace {

using namespace redial;
using detail::digests_in;

// Of "0123456789", by Python's hashlib.
constexpr const char* k_sha256 = "sha-256=:hNiYd/DUBB77a/kaFvAkjy/Vc+avBcGflr7bn4gveII=:";
constexpr const char* k_sha512 =
    "sha-512=:u5bC/EDS1UYX1vJ2/"
    "r5XH2I6ja3wtzSFUpmw4Qf9oyz2tp8toys2RF1zaQuTy9D3v8IOD38oVT0qRCjyO3FukA=="
    ":";

std::optional<std::string> compared(const std::string& value, std::string_view bytes) {
  const Headers headers{{"Repr-Digest", value}};
  detail::DigestCheck check("Repr-Digest", digests_in(headers, "Repr-Digest"));
  check.update(bytes.substr(0, bytes.size() / 2));
  check.update(bytes.substr(bytes.size() / 2));
  return check.mismatch();
}

// Put together without g++'s false warning.
std::string both(std::string_view second) {
  std::string list = k_sha256;
  list.append(", ").append(second);
  return list;
}

TEST(Digests, OfTheRightBytesMatch) {
  EXPECT_EQ(compared(k_sha256, "0123456789"), std::nullopt);
  EXPECT_EQ(compared(k_sha512, "0123456789"), std::nullopt);
  EXPECT_EQ(compared(both(k_sha512), "0123456789"), std::nullopt);
}

TEST(Digests, OfOtherBytesDoNot) {
  const auto why = compared(k_sha256, "0123456780");
  ASSERT_TRUE(why.has_value());
  EXPECT_NE(why->find("Repr-Digest (sha-256)"), std::string::npos) << *why;
  EXPECT_TRUE(compared(k_sha512, "").has_value());
}

TEST(Digests, EachOneThatIsKnownHasToMatch) {
  std::string other = k_sha512;
  other[9] = 'v';
  EXPECT_TRUE(compared(both(other), "0123456789").has_value());
}

// RFC 9530 §5: md5, sha and the checksums prove nothing; what breaks the grammar says nothing.
TEST(Digests, ThatProveNothingAreLeftOut) {
  for (const auto* value :
       {"md5=:eB5eJF1ptWaXm4bijSPyxw==:", "sha-256=:AAAA:", "sha-256=hNiYd", "sha-256=\"x\"",
        "sha-256", "sha-256=:hNiYd/DUBB77a/kaFvAkjy/Vc+avBcGflr7bn4gveII=", "SHA-256=:AAAA:", ""}) {
    EXPECT_EQ(compared(value, "whatever"), std::nullopt) << value;
  }
  EXPECT_TRUE(digests_in(Headers(), "Repr-Digest").empty());
}

TEST(Digests, ContradictOnlyWithinAnAlgorithm) {
  const detail::Digest one{"sha-256", "a"}, other{"sha-256", "b"}, third{"sha-512", "c"};
  EXPECT_TRUE(detail::contradict({one}, {third, other}));
  EXPECT_FALSE(detail::contradict({one}, {one, third}));
  EXPECT_FALSE(detail::contradict({one}, {third}));
  EXPECT_FALSE(detail::contradict({one}, {}));
}

}  // namespace

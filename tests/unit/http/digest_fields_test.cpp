#include "http/digest_fields.hpp"

#include <gtest/gtest.h>

namespace {

using namespace redial;
using detail::DigestCheck;
using detail::digests_in;

// Of "0123456789", by Python's hashlib.
constexpr const char* k_sha256 = "sha-256=:hNiYd/DUBB77a/kaFvAkjy/Vc+avBcGflr7bn4gveII=:";
constexpr const char* k_sha512 =
    "sha-512=:u5bC/EDS1UYX1vJ2/"
    "r5XH2I6ja3wtzSFUpmw4Qf9oyz2tp8toys2RF1zaQuTy9D3v8IOD38oVT0qRCjyO3FukA=="
    ":";

std::optional<std::string> compared(const std::string& value, std::string_view bytes) {
  const Headers headers{{"Repr-Digest", value}};
  DigestCheck check("Repr-Digest", headers);
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
  using Word = DigestCheck::Word;
  std::string other = k_sha256;
  other[10] = 'O';
  DigestCheck check("Repr-Digest", {{"Repr-Digest", k_sha256}});
  EXPECT_EQ(check.also({}), Word::agrees);
  EXPECT_EQ(check.also({{"Repr-Digest", k_sha256}}), Word::agrees);
  EXPECT_EQ(check.also({{"Repr-Digest", both(k_sha512)}}), Word::agrees);
  EXPECT_EQ(check.also({{"Content-Digest", other}}), Word::agrees);
  EXPECT_EQ(check.also({{"Repr-Digest", other}}), Word::contradicts);
  EXPECT_EQ(check.also({{"Repr-Digest", k_sha512}}), Word::too_late);
  EXPECT_EQ(DigestCheck("Repr-Digest", {}).also({{"Repr-Digest", k_sha256}}), Word::too_late);
}

// RFC 9530 §2: a server that makes its body up as it goes sends the digest after it.
TEST(Digests, OfATrailerAreHeldAgainstTheBytesWhenAnnounced) {
  for (const auto* trailer : {"Repr-Digest", "X-Sum, repr-digest"}) {
    for (const auto* bytes : {"0123456789", "0123456780"}) {
      DigestCheck check("Repr-Digest", {{"Trailer", trailer}});
      check.update(bytes);
      EXPECT_EQ(check.also({{"Repr-Digest", k_sha512}}), DigestCheck::Word::agrees);
      EXPECT_EQ(check.mismatch().has_value(), bytes != std::string("0123456789"));
    }
  }
  DigestCheck check("Repr-Digest", {{"Trailer", "Repr-Digest"}});
  check.update("whatever");
  EXPECT_EQ(check.mismatch(), std::nullopt) << "announced, and not sent";
}

}  // namespace

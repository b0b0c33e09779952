#include "transport/wire/decode.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

namespace {

using namespace redial;
using redial::wire::Decoder;

// window_bits as deflateInit2 takes them: 31 gzip, 15 zlib, -15 raw.
std::string packed(std::string_view text, int window_bits) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

struct Decoded {
  std::string text;
  BodyVerdict verdict = BodyVerdict::whole;
};

// Feeds `bytes` in pieces of `step`.
Decoded decode(const std::string& coding, std::string_view bytes, std::size_t step = 7,
               const ReceiveLimits& limits = {}) {
  Decoded decoded;
  Decoder decoder({{"Content-Encoding", coding}}, true, limits, [&](std::string_view piece) {
    decoded.text += piece;
    return true;
  });
  while (!bytes.empty() && decoded.verdict == BodyVerdict::whole) {
    decoded.verdict = decoder.put(bytes.substr(0, step));
    bytes.remove_prefix(std::min(step, bytes.size()));
  }
  if (decoded.verdict == BodyVerdict::whole) decoded.verdict = decoder.finish();
  return decoded;
}

const std::string k_text = "the quick brown fox jumps over the lazy dog, again and again and again";

TEST(Decode, GzipAndBothDeflatesInPiecesOfAnySize) {
  for (const std::size_t step : {1, 3, 1000}) {
    EXPECT_EQ(decode("gzip", packed(k_text, 31), step).text, k_text);
    EXPECT_EQ(decode("x-gzip", packed(k_text, 31), step).text, k_text);
    EXPECT_EQ(decode("deflate", packed(k_text, 15), step).text, k_text);
    EXPECT_EQ(decode("deflate", packed(k_text, -15), step).text, k_text);
  }
}

TEST(Decode, SeveralMembersAndStackedCodings) {
  EXPECT_EQ(decode("gzip", packed(k_text, 31) + packed(k_text, 31)).text, k_text + k_text);
  EXPECT_EQ(decode("deflate, gzip", packed(packed(k_text, 15), 31)).text, k_text);
}

TEST(Decode, ATruncatedOrDamagedCodingIsNoSuccess) {
  const std::string whole = packed(k_text, 31);
  for (std::size_t size = 1; size < whole.size(); ++size) {
    EXPECT_EQ(decode("gzip", whole.substr(0, size)).verdict, BodyVerdict::undecodable) << size;
  }
  std::string damaged = whole;
  damaged[damaged.size() - 6] ^= 1;  // the checksum
  EXPECT_EQ(decode("gzip", damaged).verdict, BodyVerdict::undecodable);
}

TEST(Decode, ABombIsStopped) {
  const std::string bomb = packed(std::string(40 << 20, '0'), 31);
  const auto decoded = decode("gzip", bomb, 4096);
  EXPECT_EQ(decoded.verdict, BodyVerdict::too_large);
  EXPECT_LT(decoded.text.size(), std::size_t{12} << 20);
}

TEST(Decode, AnUnknownCodingPassesAndAnEmptyBodyIsWhole) {
  EXPECT_EQ(decode("br", "xyz").text, "xyz");
  EXPECT_EQ(decode("gzip", "").verdict, BodyVerdict::whole);
}

}  // namespace

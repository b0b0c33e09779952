#include "transport/wire/decode.hpp"

#include <brotli/encode.h>
#include <gtest/gtest.h>
#include <zstd.h>

#include "testing/packed.hpp"

namespace {

using namespace redial;
using redial::testing::packed;
using redial::wire::Decoder;

std::string brotli(std::string_view text) {
  std::size_t size = BrotliEncoderMaxCompressedSize(text.size());
  std::string out(size, '\0');
  const int done = BrotliEncoderCompress(1, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC, text.size(),
                                         reinterpret_cast<const std::uint8_t*>(text.data()), &size,
                                         reinterpret_cast<std::uint8_t*>(out.data()));
  EXPECT_EQ(done, BROTLI_TRUE);
  out.resize(size);
  return out;
}

// `window_log`: 0 leaves it to the library.
std::string zstandard(std::string_view text, int window_log = 0) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  ZSTD_CCtx* const context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
  ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
  ZSTD_outBuffer into{out.data(), out.size(), 0};
  ZSTD_inBuffer from{text.data(), text.size(), 0};
  while (ZSTD_compressStream2(context, &into, &from, ZSTD_e_end) != 0) {
  }
  ZSTD_freeCCtx(context);
  out.resize(into.pos);
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

TEST(Decode, BrotliAndZstdInPiecesOfAnySize) {
  for (const std::size_t step : {1, 3, 1000}) {
    EXPECT_EQ(decode("br", brotli(k_text), step).text, k_text);
    EXPECT_EQ(decode("BR", brotli(k_text), step).verdict, BodyVerdict::whole);
    EXPECT_EQ(decode("zstd", zstandard(k_text), step).text, k_text);
    EXPECT_EQ(decode("zstd", zstandard(k_text), step).verdict, BodyVerdict::whole);
  }
}

TEST(Decode, LargeBodiesComeOutWhole) {
  std::string text;
  for (int i = 0; i < 100000; ++i) text += std::to_string(i * 7919 % 100003) + ",";
  for (const std::size_t step : {333, 1 << 20}) {
    EXPECT_TRUE(decode("gzip", packed(text, 31), step).text == text);
    EXPECT_TRUE(decode("br", brotli(text), step).text == text);
    EXPECT_TRUE(decode("zstd", zstandard(text), step).text == text);
  }
}

TEST(Decode, SeveralMembersAndStackedCodings) {
  EXPECT_EQ(decode("gzip", packed(k_text, 31) + packed(k_text, 31)).text, k_text + k_text);
  EXPECT_EQ(decode("zstd", zstandard(k_text) + zstandard(k_text)).text, k_text + k_text);
  EXPECT_EQ(decode("deflate, gzip", packed(packed(k_text, 15), 31)).text, k_text);
  EXPECT_EQ(decode("zstd, br", brotli(zstandard(k_text))).text, k_text);
  EXPECT_EQ(decode("gzip, identity, br,\tzstd", zstandard(brotli(packed(k_text, 31)))).text,
            k_text);
}

TEST(Decode, ZerosAfterGzipAreIgnoredHoweverTheyAreCut) {
  const std::string padded = packed(k_text, 31) + std::string(9, '\0');
  for (std::size_t step = 1; step <= padded.size(); ++step) {
    EXPECT_EQ(decode("gzip", padded, step).verdict, BodyVerdict::whole) << step;
    EXPECT_EQ(decode("gzip", padded, step).text, k_text) << step;
  }
}

TEST(Decode, AnythingElseAfterTheEndIsDamage) {
  std::string members = packed(k_text, 31) + packed(k_text, 31);
  members[members.size() / 2] ^= 1;  // the second one's first byte
  for (const std::string& text :
       {members, packed(k_text, 31) + std::string("\0\0rest", 6), packed(k_text, 31) + "x"}) {
    for (const std::size_t step : {std::size_t{1}, text.size()})
      EXPECT_EQ(decode("gzip", text, step).verdict, BodyVerdict::undecodable);
  }
  EXPECT_EQ(decode("deflate", packed(k_text, 15) + "x").verdict, BodyVerdict::undecodable);
  EXPECT_EQ(decode("deflate", packed(k_text, -15) + "x").verdict, BodyVerdict::undecodable);
}

TEST(Decode, NothingAtAllIsWholeOnlyWhereItsLengthWasSaid) {
  const ReceiveLimits limits;
  for (const char* const coding : {"gzip", "deflate", "br", "zstd"}) {
    wire::Decoder decoder({{"Content-Encoding", coding}}, true, limits, [](auto) { return true; });
    EXPECT_EQ(decoder.finish(false), BodyVerdict::whole) << coding;
    EXPECT_EQ(decoder.finish(true), BodyVerdict::undecodable) << coding;
  }
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

TEST(Decode, ATruncatedOrDamagedBrotliOrZstdIsNoSuccess) {
  for (const auto& [coding, whole] :
       {std::pair<std::string, std::string>{"br", brotli(k_text)}, {"zstd", zstandard(k_text)}}) {
    for (std::size_t size = 1; size < whole.size(); ++size)
      EXPECT_EQ(decode(coding, whole.substr(0, size)).verdict, BodyVerdict::undecodable) << size;
    EXPECT_EQ(decode(coding, whole + "x").verdict, BodyVerdict::undecodable)
        << "bytes after the end";
    EXPECT_EQ(decode(coding, "<html>this is neither</html>").verdict, BodyVerdict::undecodable);
  }
  std::string damaged = zstandard(k_text);
  damaged.back() ^= 1;  // the checksum
  EXPECT_EQ(decode("zstd", damaged).verdict, BodyVerdict::undecodable);
}

TEST(Decode, OnlyTodaysZstdFramesAreRead) {
  // The draft formats' numbers, which the library reads too (this one for whole, if it comes at
  // once), and what is none.
  for (const char first : {'\x1E', '\x22', '\x23', '\x24', '\x25', '\x26', '\x27', '\x29'}) {
    const std::string old = first + std::string("\xB5\x2F\xFD\x1F\xFF\xFF\xFF");
    for (std::size_t step = 1; step <= old.size(); ++step) {
      EXPECT_EQ(decode("zstd", old, step).verdict, BodyVerdict::undecodable) << int{first} << step;
      EXPECT_EQ(decode("zstd", zstandard(k_text) + old, step).verdict, BodyVerdict::undecodable);
    }
  }
  const std::string skippable("\x5A\x2A\x4D\x18\x03\x00\x00\x00odd", 11);
  for (std::size_t step = 1; step <= 20; ++step) {
    const auto decoded = decode("zstd", skippable + zstandard(k_text) + skippable, step);
    EXPECT_EQ(decoded.verdict, BodyVerdict::whole) << step;
    EXPECT_EQ(decoded.text, k_text) << step;
  }
}

TEST(Decode, ACutInsideAStackIsNoSuccess) {
  const std::string inner = zstandard(k_text);
  EXPECT_EQ(decode("zstd, br", brotli(inner.substr(0, inner.size() - 1))).verdict,
            BodyVerdict::undecodable);
}

TEST(Decode, AZstdWindowOfMoreThan8MiBIsRefused) {
  const std::string text(std::size_t{9} << 20, 'a');
  EXPECT_EQ(decode("zstd", zstandard(text, 23), 4096).verdict, BodyVerdict::whole);
  EXPECT_EQ(decode("zstd", zstandard(text, 24), 4096).verdict, BodyVerdict::undecodable);
}

TEST(Decode, ABombIsStopped) {
  const std::string zeros(40 << 20, '0');
  for (const auto& [coding, bomb] : {std::pair<std::string, std::string>{"gzip", packed(zeros, 31)},
                                     {"br", brotli(zeros)},
                                     {"zstd", zstandard(zeros, 20)},
                                     {"gzip, zstd", zstandard(packed(zeros, 31), 20)}}) {
    const auto decoded = decode(coding, bomb, 4096);
    EXPECT_EQ(decoded.verdict, BodyVerdict::too_large) << coding;
    EXPECT_LT(decoded.text.size(), std::size_t{12} << 20) << coding;
  }
}

TEST(Decode, TheLimitIsOnDecodedBytes) {
  ReceiveLimits limits;
  limits.body_bytes = k_text.size() - 1;
  for (const auto& [coding, bytes] :
       {std::pair<std::string, std::string>{"br", brotli(k_text)}, {"zstd", zstandard(k_text)}}) {
    EXPECT_EQ(decode(coding, bytes, 7, limits).verdict, BodyVerdict::too_large);
  }
}

TEST(Decode, AnUnknownCodingPassesAndAnEmptyBodyIsWhole) {
  EXPECT_EQ(decode("compress", "xyz").text, "xyz");
  EXPECT_EQ(decode("br, compress", "xyz").text, "xyz");
  for (const auto* coding : {"gzip", "deflate", "br", "zstd"})
    EXPECT_EQ(decode(coding, "").verdict, BodyVerdict::whole);
}

}  // namespace

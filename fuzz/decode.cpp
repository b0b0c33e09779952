// The content decoder. The first byte picks a coding, the second how the rest is cut: however it is
// cut, the outcome is the same, no limit is passed, and a stream that ended early is never whole.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "transport/wire/decode.hpp"

namespace {

using namespace redial;

constexpr std::array<const char*, 8> k_codings{
    "gzip", "deflate", "br", "zstd", "br, gzip", "gzip, deflate", "zstd, br, br", "identity"};

struct Decoded {
  std::string text;
  BodyVerdict verdict = BodyVerdict::whole;
};

Decoded decode(const char* coding, std::string_view bytes, std::size_t step) {
  ReceiveLimits limits;
  limits.body_bytes = 1 << 20;
  Decoded decoded;
  wire::Decoder decoder({{"Content-Encoding", coding}}, true, limits, [&](std::string_view piece) {
    decoded.text += piece;
    return true;
  });
  while (!bytes.empty() && decoded.verdict == BodyVerdict::whole) {
    decoded.verdict = decoder.put(bytes.substr(0, step));
    bytes.remove_prefix(std::min(step, bytes.size()));
  }
  if (decoded.verdict == BodyVerdict::whole) decoded.verdict = decoder.finish();
  if (decoded.text.size() > limits.body_bytes) std::abort();
  return decoded;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size < 2) return 0;
  const char* const coding = k_codings[bytes[0] % k_codings.size()];
  const std::string_view body(reinterpret_cast<const char*>(bytes) + 2, size - 2);
  const Decoded at_once = decode(coding, body, size);
  const Decoded in_pieces = decode(coding, body, std::size_t{1} + bytes[1]);
  const bool whole = at_once.verdict == BodyVerdict::whole;
  if (whole != (in_pieces.verdict == BodyVerdict::whole)) std::abort();
  if (whole && at_once.text != in_pieces.text) std::abort();
  // Of these nothing may follow the end, so that without its last byte none is whole.
  const bool ends_exactly = coding == std::string_view("br") || coding == std::string_view("zstd");
  if (whole && ends_exactly && body.size() > 1) {
    const std::string_view cut = body.substr(0, body.size() - 1);
    if (decode(coding, cut, size).verdict == BodyVerdict::whole) std::abort();
  }
  return 0;
}

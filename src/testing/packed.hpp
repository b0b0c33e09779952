#pragma once

#include <string>
#include <string_view>

#include <zlib.h>

#include <redial/config.hpp>

namespace redial {
inline namespace v0 {
namespace testing {

/// `text` as zlib packs it. `window_bits` as deflateInit2 takes them: 31 gzip, 15 zlib, -15 raw.
inline std::string packed(std::string_view text, int window_bits = 31) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, static_cast<uLong>(text.size())) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace testing
}  // namespace v0
}  // namespace redial

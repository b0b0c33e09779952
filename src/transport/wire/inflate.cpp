#include <algorithm>
#include <array>
#include <new>

#include <zlib.h>

#include "transport/wire/stage.hpp"

namespace redial {
inline namespace v0 {
namespace wire {
namespace {

class Inflate final : public Stage {
 public:
  explicit Inflate(bool gzip) : gzip_(gzip) {
    if (gzip_) start(16 + MAX_WBITS);
  }
  Inflate(const Inflate&) = delete;
  Inflate& operator=(const Inflate&) = delete;
  ~Inflate() override { stop(); }

  BodyVerdict put(std::string_view piece, const Next& next) override {
    if (!piece.empty() && !live_ && !ended_) {
      // RFC 9110 §8.4.1.2: some servers send deflate without its zlib wrapper, whose first nibble
      // is always 8.
      const bool wrapped = (static_cast<unsigned char>(piece.front()) & 0x0F) == 8;
      start(wrapped ? MAX_WBITS : -MAX_WBITS);
    }
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));  // zlib reads only
    stream_.avail_in = static_cast<uInt>(piece.size());
    while (stream_.avail_in > 0) {
      padded_ = padded_ || (ended_ && !begin_member());
      if (padded_) return rest_is_zero() ? BodyVerdict::whole : BodyVerdict::undecodable;
      std::array<char, 16384> out;
      stream_.next_out = reinterpret_cast<Bytef*>(out.data());
      stream_.avail_out = static_cast<uInt>(out.size());
      const int code = inflate(&stream_, Z_NO_FLUSH);
      if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
        return BodyVerdict::undecodable;
      const std::size_t made = out.size() - stream_.avail_out;
      if (made > 0) {
        if (const auto verdict = next(std::string_view(out.data(), made));
            verdict != BodyVerdict::whole)
          return verdict;
      }
      if (code == Z_STREAM_END) {
        ended_ = true;
      } else if (made == 0 && code == Z_BUF_ERROR) {
        break;
      }
    }
    // Output may still wait inside when the last input filled the buffer exactly.
    return drain(next);
  }

  bool complete() const override { return ended_ || !live_ || stream_.total_in == 0; }

 private:
  BodyVerdict drain(const Next& next) {
    while (live_ && !ended_) {
      std::array<char, 16384> out;
      stream_.next_out = reinterpret_cast<Bytef*>(out.data());
      stream_.avail_out = static_cast<uInt>(out.size());
      const int code = inflate(&stream_, Z_NO_FLUSH);
      const std::size_t made = out.size() - stream_.avail_out;
      if (code == Z_STREAM_END) ended_ = true;
      if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
        return BodyVerdict::undecodable;
      if (made == 0) break;
      if (const auto verdict = next(std::string_view(out.data(), made));
          verdict != BodyVerdict::whole)
        return verdict;
    }
    return BodyVerdict::whole;
  }

  // Zeros after the end are padding, as for gzip(1); anything else was content, and is damaged.
  bool rest_is_zero() const {
    return std::all_of(stream_.next_in, stream_.next_in + stream_.avail_in,
                       [](Bytef byte) { return byte == 0; });
  }

  // RFC 1952 §2.2: a gzip file may be several members in a row.
  bool begin_member() {
    if (!gzip_ || *stream_.next_in != 0x1F) return false;
    ended_ = false;
    return inflateReset(&stream_) == Z_OK;
  }

  void start(int window_bits) {
    if (inflateInit2(&stream_, window_bits) != Z_OK) throw std::bad_alloc();
    live_ = true;
  }
  void stop() {
    if (live_) inflateEnd(&stream_);
    live_ = false;
  }

  z_stream stream_{};
  bool gzip_;
  bool live_ = false;
  bool ended_ = false;
  bool padded_ = false;  // something followed the last member that is none: zeros
};

}  // namespace

std::unique_ptr<Stage> make_inflate(bool gzip) {
  return std::make_unique<Inflate>(gzip);
}

}  // namespace wire
}  // namespace v0
}  // namespace redial

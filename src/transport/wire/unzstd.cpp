#include <array>
#include <new>

#include <zstd.h>

#include "transport/wire/stage.hpp"

namespace redial {
inline namespace v0 {
namespace wire {
namespace {

constexpr int k_window_log = 23;  // RFC 9659: what a recipient has to hold, and no more

struct FreeDecoder {
  void operator()(ZSTD_DStream* stream) const noexcept { ZSTD_freeDStream(stream); }
};

// RFC 8878 §3.1. The library reads the formats before it as well, whose ends it does not always
// see.
bool begins_a_frame(const std::array<char, 4>& magic) {
  const std::string_view rest(&magic[1], 3);
  const bool zstandard = magic[0] == '\x28' && rest == "\xB5\x2F\xFD";
  const bool skippable = (magic[0] & '\xF0') == '\x50' && rest == "\x2A\x4D\x18";
  return zstandard || skippable;
}

class Unzstd final : public Stage {
 public:
  Unzstd() : stream_(ZSTD_createDStream()) {
    if (!stream_) throw std::bad_alloc();
    ZSTD_DCtx_setParameter(stream_.get(), ZSTD_d_windowLogMax, k_window_log);
  }

  BodyVerdict put(std::string_view piece, const Next& next) override {
    while (!piece.empty()) {
      if (!in_frame_) {
        while (magic_size_ < magic_.size() && !piece.empty()) {
          magic_[magic_size_++] = piece.front();
          piece.remove_prefix(1);
        }
        if (magic_size_ < magic_.size()) break;
        if (!begins_a_frame(magic_)) return BodyVerdict::undecodable;
        in_frame_ = true;
        magic_size_ = 0;
        std::string_view magic(magic_.data(), magic_.size());
        if (const auto verdict = feed(magic, next); verdict != BodyVerdict::whole) return verdict;
      }
      if (const auto verdict = feed(piece, next); verdict != BodyVerdict::whole) return verdict;
    }
    return BodyVerdict::whole;
  }

  bool complete() const override { return !in_frame_ && magic_size_ == 0; }

 private:
  // Takes what is the frame's off `bytes`.
  BodyVerdict feed(std::string_view& bytes, const Next& next) {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    for (bool full = false; in_frame_ && (in.pos < in.size || full);) {
      std::array<char, 16384> room;
      ZSTD_outBuffer out{room.data(), room.size(), 0};
      const std::size_t wanted = ZSTD_decompressStream(stream_.get(), &out, &in);
      if (ZSTD_isError(wanted) != 0) return BodyVerdict::undecodable;
      if (out.pos > 0) {
        const auto verdict = next({room.data(), out.pos});
        if (verdict != BodyVerdict::whole) return verdict;
      }
      in_frame_ = wanted != 0;
      full = out.pos == out.size;  // more may wait inside
    }
    bytes.remove_prefix(in.pos);
    return BodyVerdict::whole;
  }

  std::unique_ptr<ZSTD_DStream, FreeDecoder> stream_;
  bool in_frame_ = false;
  std::array<char, 4> magic_{};  // of the next frame, as far as it is there
  std::size_t magic_size_ = 0;
};

}  // namespace

std::unique_ptr<Stage> make_unzstd() {
  return std::make_unique<Unzstd>();
}

}  // namespace wire
}  // namespace v0
}  // namespace redial

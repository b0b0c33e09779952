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

class Unzstd final : public Stage {
 public:
  Unzstd() : stream_(ZSTD_createDStream()) {
    if (!stream_) throw std::bad_alloc();
    ZSTD_DCtx_setParameter(stream_.get(), ZSTD_d_windowLogMax, k_window_log);
  }

  BodyVerdict put(std::string_view piece, const Next& next) override {
    ZSTD_inBuffer in{piece.data(), piece.size(), 0};
    for (bool full = false; in.pos < in.size || full;) {
      std::array<char, 16384> room;
      ZSTD_outBuffer out{room.data(), room.size(), 0};
      const std::size_t wanted = ZSTD_decompressStream(stream_.get(), &out, &in);
      if (ZSTD_isError(wanted) != 0) return BodyVerdict::undecodable;
      if (out.pos > 0) {
        const auto verdict = next({room.data(), out.pos});
        if (verdict != BodyVerdict::whole) return verdict;
      }
      between_frames_ = wanted == 0;
      full = out.pos == out.size && !between_frames_;  // more may wait inside
    }
    return BodyVerdict::whole;
  }

  bool complete() const override { return between_frames_; }

 private:
  std::unique_ptr<ZSTD_DStream, FreeDecoder> stream_;
  bool between_frames_ = true;
};

}  // namespace

std::unique_ptr<Stage> make_unzstd() {
  return std::make_unique<Unzstd>();
}

}  // namespace wire
}  // namespace v0
}  // namespace redial

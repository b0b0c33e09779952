#include <array>
#include <cstdint>
#include <new>

#include <brotli/decode.h>

#include "transport/wire/stage.hpp"

namespace redial {
inline namespace v0 {
namespace wire {
namespace {

struct FreeDecoder {
  void operator()(BrotliDecoderState* state) const noexcept { BrotliDecoderDestroyInstance(state); }
};

class Unbrotli final : public Stage {
 public:
  Unbrotli() : state_(BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)) {
    if (!state_) throw std::bad_alloc();
  }

  BodyVerdict put(std::string_view piece, const Next& next) override {
    if (piece.empty()) return BodyVerdict::whole;
    if (ended_) return BodyVerdict::undecodable;
    begun_ = true;
    auto* from = reinterpret_cast<const std::uint8_t*>(piece.data());
    std::size_t left = piece.size();
    for (;;) {
      std::array<std::uint8_t, 16384> out;
      std::uint8_t* into = out.data();
      std::size_t room = out.size();
      const BrotliDecoderResult result =
          BrotliDecoderDecompressStream(state_.get(), &left, &from, &room, &into, nullptr);
      if (result == BROTLI_DECODER_RESULT_ERROR) return BodyVerdict::undecodable;
      const std::size_t made = out.size() - room;
      if (made > 0) {
        const auto verdict = next({reinterpret_cast<const char*>(out.data()), made});
        if (verdict != BodyVerdict::whole) return verdict;
      }
      ended_ = result == BROTLI_DECODER_RESULT_SUCCESS;
      if (ended_) return left > 0 ? BodyVerdict::undecodable : BodyVerdict::whole;
      if (result == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT) return BodyVerdict::whole;
    }
  }

  bool complete() const override { return ended_ || !begun_; }

 private:
  std::unique_ptr<BrotliDecoderState, FreeDecoder> state_;
  bool begun_ = false;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<Stage> make_unbrotli() {
  return std::make_unique<Unbrotli>();
}

}  // namespace wire
}  // namespace v0
}  // namespace redial

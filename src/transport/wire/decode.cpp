#include "transport/wire/decode.hpp"

#include <limits>
#include <utility>

#include "http/content_codings.hpp"

namespace redial {
inline namespace v0 {
namespace wire {
namespace {

using detail::Coding;

std::unique_ptr<Stage> make_stage(Coding coding) {
  if (coding == Coding::br) return make_unbrotli();
  if (coding == Coding::zstd) return make_unzstd();
  return make_inflate(coding == Coding::gzip);
}

// Coding what cannot be made smaller adds a little.
std::uint64_t most_encoded(const ReceiveLimits& limits) {
  if (limits.encoded_bytes) return *limits.encoded_bytes;
  const std::uint64_t slack = limits.body_bytes / 64 + 64 * 1024;
  const std::uint64_t most = limits.body_bytes + slack;
  return most < slack ? std::numeric_limits<std::uint64_t>::max() : most;
}

}  // namespace

Decoder::Decoder(const Headers& headers, bool decode, const ReceiveLimits& limits, Output output)
    : limits_(limits), output_(std::move(output)) {
  if (!decode) return;
  for (const Coding coding : detail::codings_to_undo(headers))
    stages_.push_back(make_stage(coding));
}

Decoder::~Decoder() = default;

BodyVerdict Decoder::put(std::string_view piece) {
  received_ += piece.size();
  // Bytes that decode to nothing would go on for ever.
  if (!stages_.empty() && received_ > most_encoded(limits_)) return BodyVerdict::too_large;
  return pass(0, piece);
}

BodyVerdict Decoder::pass(std::size_t stage, std::string_view piece) {
  if (stage == stages_.size()) return deliver(piece);
  return stages_[stage]->put(piece,
                             [&](std::string_view decoded) { return pass(stage + 1, decoded); });
}

BodyVerdict Decoder::deliver(std::string_view piece) {
  delivered_ += piece.size();
  if (delivered_ > limits_.body_bytes) return BodyVerdict::too_large;
  if (!stages_.empty() && delivered_ > limits_.expansion_floor &&
      static_cast<double>(delivered_) > limits_.expansion_ratio * static_cast<double>(received_)) {
    return BodyVerdict::too_large;  // a bomb
  }
  return output_(piece) ? BodyVerdict::whole : BodyVerdict::sink_failed;
}

BodyVerdict Decoder::finish(bool by_connection) {
  // Without a byte there may have been nothing to code; but then somebody has to have said so.
  if (by_connection && received_ == 0 && !stages_.empty()) return BodyVerdict::undecodable;
  for (const auto& stage : stages_) {
    if (received_ > 0 && !stage->complete()) return BodyVerdict::undecodable;
  }
  return BodyVerdict::whole;
}

}  // namespace wire
}  // namespace v0
}  // namespace redial

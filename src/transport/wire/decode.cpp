#include "transport/wire/decode.hpp"

#include <array>
#include <stdexcept>
#include <string>
#include <utility>

#include <zlib.h>

namespace redial {
inline namespace v0 {
namespace wire {
namespace {

constexpr std::size_t k_most_codings = 4;

enum class Coding { identity, gzip, deflate, unknown };

Coding coding_of(std::string_view name) {
  if (iequals(name, "gzip") || iequals(name, "x-gzip")) return Coding::gzip;
  if (iequals(name, "deflate")) return Coding::deflate;
  if (iequals(name, "identity") || name.empty()) return Coding::identity;
  return Coding::unknown;
}

// In the order in which they are undone: last applied first.
std::vector<Coding> codings_of(const Headers& headers) {
  std::vector<Coding> codings;
  const std::string list = headers.joined("Content-Encoding").value_or("");
  std::string_view rest = list;
  while (!rest.empty()) {
    const auto comma = rest.find(',');
    std::string_view name = rest.substr(0, comma);
    while (!name.empty() && name.front() == ' ') name.remove_prefix(1);
    while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
    const Coding coding = coding_of(name);
    if (coding == Coding::unknown) return {};
    if (coding != Coding::identity) codings.insert(codings.begin(), coding);
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  return codings;
}

}  // namespace

// One zlib stream. `put` hands every produced piece to `next` and stops at the first verdict that
// is not `whole`.
class Decoder::Inflater {
 public:
  explicit Inflater(bool gzip) : gzip_(gzip) {
    if (gzip_) start(16 + MAX_WBITS);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { stop(); }

  template <class Next>
  BodyVerdict put(std::string_view piece, Next next) {
    if (!piece.empty() && !live_ && !ended_) {
      // RFC 9110 §8.4.1.2: some servers send deflate without its zlib wrapper, whose first nibble
      // is always 8.
      const bool wrapped = (static_cast<unsigned char>(piece.front()) & 0x0F) == 8;
      start(wrapped ? MAX_WBITS : -MAX_WBITS);
    }
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));  // zlib reads only
    stream_.avail_in = static_cast<uInt>(piece.size());
    while (stream_.avail_in > 0) {
      if (ended_ && !begin_member())
        return BodyVerdict::whole;  // padding after the end: ignored, as gzip(1) does
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

  /// Every stream that began has ended.
  bool complete() const { return ended_ || !live_ || stream_.total_in == 0; }

 private:
  template <class Next>
  BodyVerdict drain(Next next) {
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
};

Decoder::Decoder(const Headers& headers, bool decode, const ReceiveLimits& limits, Output output)
    : limits_(limits), output_(std::move(output)) {
  if (!decode || !headers.contains("Content-Encoding")) return;
  const auto codings = codings_of(headers);
  if (codings.size() > k_most_codings) return;  // passes as it is: the caller sees the field
  for (const Coding coding : codings)
    stages_.push_back(std::make_unique<Inflater>(coding == Coding::gzip));
}

Decoder::~Decoder() = default;

BodyVerdict Decoder::put(std::string_view piece) {
  received_ += piece.size();
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

BodyVerdict Decoder::finish() {
  for (const auto& stage : stages_) {
    if (received_ > 0 && !stage->complete()) return BodyVerdict::undecodable;
  }
  return BodyVerdict::whole;
}

}  // namespace wire
}  // namespace v0
}  // namespace redial

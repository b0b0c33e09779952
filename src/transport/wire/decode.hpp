#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include <redial/http/headers.hpp>
#include <redial/policy/evidence.hpp>
#include <redial/transport/transport.hpp>

#include "transport/wire/stage.hpp"

namespace redial {
inline namespace v0 {
namespace wire {

/// Undoes content codings while a body streams in, within limits, and hands the bytes on.
///
/// gzip, x-gzip, deflate, br and zstd, up to four stacked, each a `Stage`. A coding we do not know
/// passes as it is. Errors: verdicts, never exceptions.
class Decoder {
 public:
  /// Takes decoded bytes; false stops (the sink refused).
  using Output = std::function<bool(std::string_view)>;

  Decoder(const Headers& headers, bool decode, const ReceiveLimits& limits, Output output);
  ~Decoder();
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  /// `whole` while all is well.
  BodyVerdict put(std::string_view piece);
  /// After the last piece: damage that only shows at the end (a coding cut short). `by_connection`:
  /// nothing but the connection's end says that it was the last.
  BodyVerdict finish(bool by_connection = false);
  /// Bytes so far, as they came.
  std::uint64_t received() const noexcept { return received_; }

 private:
  BodyVerdict pass(std::size_t stage, std::string_view piece);
  BodyVerdict deliver(std::string_view piece);

  const ReceiveLimits& limits_;
  Output output_;
  std::vector<std::unique_ptr<Stage>> stages_;
  std::uint64_t received_ = 0;
  std::uint64_t delivered_ = 0;
};

}  // namespace wire
}  // namespace v0
}  // namespace redial

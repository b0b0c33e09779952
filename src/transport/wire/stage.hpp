#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include <redial/policy/evidence.hpp>

namespace redial {
inline namespace v0 {
namespace wire {

/// One content coding being undone, as a stream: every implementation is a file of its own, and the
/// only one that includes its library.
///
/// Errors: verdicts. Limits are the decoder's: a stage holds a window, never the body.
class Stage {
 public:
  /// Takes decoded bytes; anything but `whole` stops.
  using Next = std::function<BodyVerdict(std::string_view)>;

  Stage() = default;
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;
  virtual ~Stage() = default;

  /// Hands every produced piece to `next`, and stops at the first verdict that is not `whole`.
  virtual BodyVerdict put(std::string_view piece, const Next& next) = 0;
  /// Every stream that began has ended.
  virtual bool complete() const = 0;
};

/// gzip (several members too), or deflate with zlib's wrapper or, as some servers send it, without.
std::unique_ptr<Stage> make_inflate(bool gzip);
/// br (RFC 7932). Bytes after its end are damage.
std::unique_ptr<Stage> make_unbrotli();
/// zstd (RFC 8878), several frames too, with a window of at most 8 MiB (RFC 9659).
std::unique_ptr<Stage> make_unzstd();

}  // namespace wire
}  // namespace v0
}  // namespace redial

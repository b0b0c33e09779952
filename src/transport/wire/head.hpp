#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace redial {
inline namespace v0 {
namespace wire {

/// Where a header section ends in `bytes` (just past its blank line), looking from `from` on; npos
/// when it is not there yet. A bare LF ends a line as well (RFC 9112 §2.2 lets a recipient do so,
/// and servers send it).
std::size_t end_of_head(std::string_view bytes, std::size_t from) noexcept;

/// A header section that the parser may read, or why not. It borrows the bytes it was made from:
/// most need no mending.
struct NormalHead {
  std::string_view raw = {};
  std::string mended = {};  ///< empty: `raw` is as it should be
  int status = 0;
  std::optional<std::string> error = std::nullopt;

  /// CRLF line ends, a space after the status code, one Content-Length.
  std::string_view text() const noexcept { return mended.empty() ? raw : mended; }
};

/// Checks what Beast 1.81 lets pass and mends what it refuses though real servers send it.
///
/// Refused here: status codes that are not three digits from 100 to 599, versions but HTTP/1.0
/// and 1.1, transfer codings but a single "chunked" (RFC 9112 §6.1), Transfer-Encoding beside
/// Content-Length (§6.3: it ought to be handled as an error), differing Content-Lengths. Mended:
/// bare LF, "HTTP/1.1 200" without its last space, a Content-Length given several times with one
/// value (§6.3).
NormalHead normalise_head(std::string_view raw);

}  // namespace wire
}  // namespace v0
}  // namespace redial

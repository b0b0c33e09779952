#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <redial/config.hpp>

namespace redial {
inline namespace v0 {

/// Reads a request body once, from its beginning, for one attempt.
///
/// Thread safety: used by one thread at a time. Errors: `read` throws; the attempt then fails as
/// `upload_failed`.
class REDIAL_EXPORT BodyReader {
 public:
  virtual ~BodyReader();
  /// Fills at most `size` bytes (> 0) and returns how many; 0 is the end.
  virtual std::size_t read(char* into, std::size_t size) = 0;
  /// Asked before each `read`. False: there is nothing yet; the upload then waits, without a
  /// thread, until `ready` is called, once and from any thread, while the reader lives. Meanwhile
  /// nothing but the call's deadline counts.
  virtual bool is_ready(const std::function<void()>& ready);
};

/// A request body: it can be sent again, or it cannot, by the way it was made.
///
/// `empty`, `bytes`, `file`, `rewindable` and what is `joined` of them are replayable; `stream` is
/// not, and a call that would have to send it a second time stops with `body_not_replayable`
/// instead (urllib3 re-sends a generator empty: silent data loss).
///
/// Thread safety: a value that shares its source; one call uses it at a time. Errors: see each
/// maker.
class REDIAL_EXPORT Body {
 public:
  /// Returns at most `size` bytes into `into`, 0 at the end; throws on failure.
  using Read = std::function<std::size_t(char* into, std::size_t size)>;
  /// Goes back to where the body began; throws when that is impossible.
  using Rewind = std::function<void()>;

  Body();  ///< no body at all
  /// As `bytes`: `.body = "text"` reads well.
  Body(std::string content);       // NOLINT(google-explicit-constructor)
  Body(std::string_view content);  // NOLINT(google-explicit-constructor)
  Body(const char* content);       // NOLINT(google-explicit-constructor)
  static Body bytes(std::string content);
  /// The file's content. Its size is taken when the body is made; std::system_error names a file
  /// that cannot be read, and an attempt fails if the file has another size by then.
  static Body file(const std::string& path);
  /// Sent once. Without a length it goes chunked.
  static Body stream(Read read, std::optional<std::uint64_t> length = std::nullopt);
  /// The same from a reader, which may let the upload wait.
  static Body reader(std::unique_ptr<BodyReader> reader,
                     std::optional<std::uint64_t> length = std::nullopt);
  /// A stream that can go back to its beginning before every further attempt.
  static Body rewindable(Read read, Rewind rewind,
                         std::optional<std::uint64_t> length = std::nullopt);
  /// The bodies one after another, as one: it can be sent again, and its length is known, when that
  /// holds for each. Files are opened as their turn comes. Throws std::invalid_argument for a
  /// `reader`.
  static Body joined(std::vector<Body> bodies);

  /// No body at all: no Content-Length is due for methods that define none. `bytes("")` is a body
  /// of length 0.
  bool absent() const noexcept;
  /// Whether it can be sent (once more) from here on. A stream that no attempt has opened yet still
  /// can.
  bool replayable() const noexcept;
  /// Makes it ready to be sent again. Throws what `Rewind` throws, or std::runtime_error for a
  /// stream without one.
  void rewind() const;
  /// Whether its bytes come from outside memory (a file or a stream): `idle` then bounds the
  /// transfer.
  bool streamed() const noexcept;
  /// Bytes, when known beforehand.
  std::optional<std::uint64_t> length() const noexcept;
  /// The bytes themselves when they are in memory (no reader needed).
  std::optional<std::string_view> in_memory() const noexcept;
  /// A reader from the beginning (it rewinds if need be). Throws when the body cannot be sent
  /// (again).
  std::unique_ptr<BodyReader> open() const;

  struct Source;  ///< internal

 private:
  explicit Body(std::shared_ptr<Source> source);
  std::shared_ptr<Source> source_;
};

}  // namespace v0
}  // namespace redial

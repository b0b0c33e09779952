#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <redial/config.hpp>
#include <redial/http/body.hpp>
#include <redial/http/headers.hpp>

namespace redial {
inline namespace v0 {

/// One part of a form: a field, or a file.
///
/// Names and file names are sent as browsers send them (WHATWG HTML §4.10.21.8): a quote, CR and LF
/// as %22, %0D and %0A, everything else as the bytes given. Errors: `file` throws std::system_error
/// naming a file that cannot be read. Thread safety: a value that shares its body's source.
struct REDIAL_EXPORT Part {
  std::string name;  ///< empty: it has none
  Body content = {};
  std::optional<std::string> filename = std::nullopt;  ///< set: servers take it for a file
  std::string type = {};                               ///< its Content-Type; empty: none
  Headers headers = {};                                ///< further fields

  static Part field(std::string name, std::string value);
  /// Streamed from disk at each send, with the size it has now; the file's own name, and a type by
  /// its extension as curl has it (application/octet-stream otherwise).
  static Part file(std::string name, const std::string& path);
};

/// What `RequestOptions::files` holds: a path, or (file name, content, type, headers) as in
/// requests. Text alone is a path here, never content.
class REDIAL_EXPORT FormFile {
 public:
  FormFile(std::string path);  // NOLINT(google-explicit-constructor)
  FormFile(const char* path);  // NOLINT(google-explicit-constructor)
  /// A std::filesystem::path, without its costly header.
  template <class Path>
  requires requires(const Path& path) {
    { path.native() } -> std::convertible_to<std::string>;
  }
  FormFile(const Path& path) : FormFile(path.native()) {}  // NOLINT(google-explicit-constructor)
  FormFile(std::string filename, Body content, std::string type = {}, Headers headers = {});

  /// The part called `name`. Throws std::system_error naming a file that cannot be read.
  Part part(std::string name) const;

 private:
  std::string path_;  // empty: the rest counts
  Part part_;
};

using FormFiles = std::vector<std::pair<std::string, FormFile>>;

/// The Content-Type that a file name's extension suggests, as curl has it: application/octet-stream
/// for most.
REDIAL_EXPORT std::string_view media_type_of(std::string_view filename) noexcept;

}  // namespace v0
}  // namespace redial

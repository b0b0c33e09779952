#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <redial/config.hpp>

namespace redial {
inline namespace v0 {

/// Logins by host, from a file in ftp's netrc format.
///
/// `machine HOST login USER password SECRET`, in any layout; `default` fits every host and ends the
/// file; `account` is read over, `macdef` up to the next empty line. Values may stand in quotes,
/// with `\"` `\\` `\n` `\r` `\t` inside. `#` where a keyword is due begins a comment. Hosts are
/// compared without regard to case; ports do not count.
///
/// Who may read the file is not checked, as in curl and requests: keep it at mode 600. Errors name
/// file and line, never what stands there. Thread safety: a value; safe to share when const.
class REDIAL_EXPORT Netrc {
 public:
  struct Login {
    std::string user;
    std::string password;
  };

  /// Knows nobody.
  Netrc();
  /// Throws std::invalid_argument saying which line of `name` is wrong.
  static Netrc parse(std::string_view text, const std::string& name = "netrc");
  /// Throws as `parse`, and std::system_error for a file that cannot be read.
  static Netrc read(const std::string& file);
  /// $NETRC, or the first of ~/.netrc and ~/_netrc that is there.
  static std::optional<std::string> default_file();
  /// What `default_file` holds. As requests has it, a file that nobody asked for is no error: one
  /// that is missing, cannot be read or does not parse knows nobody.
  static Netrc from_environment() noexcept;

  /// The first entry for `host` that has a login, or else the default's.
  std::optional<Login> find(std::string_view host) const;

 private:
  struct Entry {
    std::string host;  // empty: default
    Login login;
  };
  std::vector<Entry> entries_;
};

}  // namespace v0
}  // namespace redial

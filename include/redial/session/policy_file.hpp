#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <redial/config.hpp>
#include <redial/session/adapter.hpp>
#include <redial/session/policy_lint.hpp>

namespace redial {
inline namespace v0 {

class Session;
namespace detail {
struct PolicyFileContent;
}

/// A policy file that cannot be used: everything that is wrong with it, in the order of its lines.
///
/// `what()` is one line a finding. Thread safety: a value that shares its content.
class REDIAL_EXPORT PolicyFileError : public std::invalid_argument {
 public:
  explicit PolicyFileError(std::vector<Finding> findings);
  /// At least one; all of severity error.
  const std::vector<Finding>& findings() const noexcept { return *findings_; }

 private:
  std::shared_ptr<const std::vector<Finding>> findings_;
};

/// Which policy rules the URLs under a prefix.
struct PolicyRoute {
  std::string match;  ///< a prefix as `Session::mount` takes it
  std::string policy;
  int line = 0;
};

/// Named policies from a TOML file, and which URLs they rule (docs/policy-files.md).
///
/// Fields have the names of `Retry` (in the policy itself), `Timeouts`, `TlsOptions` and
/// `PoolOptions` (in its tables `timeouts`, `tls`, `pool`). What a policy leaves out it inherits
/// from the one named by `inherits`, else it is redial's default.
///
/// Everything is checked when the file is read: a policy that was loaded can be mounted, but for
/// TLS files, which mounting reads. Errors: PolicyFileError with every error of the file, each with
/// its line, column and field. Limits: 1 MiB, lines of 1024 bytes. Thread safety: const after
/// construction, shared freely; copies share their content.
class REDIAL_EXPORT PolicyFile {
 public:
  /// Relative paths in `tls` are taken from the file's directory.
  static PolicyFile load(const std::string& path);
  /// `name` stands in errors where a file's name would. Relative paths stay as they are.
  static PolicyFile parse(std::string_view text, std::string_view name = "policy");

  const std::string& name() const noexcept;
  /// The names of its policies, sorted.
  std::vector<std::string> policies() const;
  bool contains(std::string_view policy) const noexcept;
  /// The adapter that `policy` makes. Throws std::out_of_range naming the nearest name there is.
  const Adapter& adapter(std::string_view policy) const;
  /// The policy of every URL that no route matches; empty: redial's defaults.
  const std::string& default_policy() const noexcept;
  /// As they stand in the file.
  const std::vector<PolicyRoute>& routes() const noexcept;
  /// The name of the policy that rules `url` (longest prefix, then the default); empty: redial's
  /// defaults. Throws std::invalid_argument when it is not a URL.
  const std::string& policy_for(std::string_view url) const;

  /// What to mount where: the default's adapter under "http://" and "https://", then each route's.
  std::vector<std::pair<std::string, Adapter>> adapters() const;
  /// Mounts all of `adapters()`. Throws PolicyFileError when a TLS file cannot be used,
  /// std::logic_error after the session's first call.
  void mount_on(Session& session) const;

  /// Where `field` ("total", "timeouts.deadline"; empty: the policy itself) of `policy` was set,
  /// maybe in a policy that it inherits: line and column from 1, and that policy. Line 0: nowhere.
  struct Position {
    int line = 0;
    int column = 0;
    std::string policy = {};
  };
  Position where(std::string_view policy, std::string_view field) const;

 private:
  explicit PolicyFile(std::shared_ptr<const detail::PolicyFileContent> content);
  std::shared_ptr<const detail::PolicyFileContent> content_;
};

}  // namespace v0
}  // namespace redial

#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <redial/http/url.hpp>
#include <redial/policy/rate_limiter.hpp>
#include <redial/session/policy_file.hpp>

namespace redial {
inline namespace v0 {
namespace detail {

/// A policy file as read: every policy resolved, every field's place known.
struct PolicyFileContent {
  struct Named {
    Adapter adapter;
    std::optional<RateLimit> rate;  // what `adapter.guard` was made of
    std::map<std::string, PolicyFile::Position, std::less<>> places;  // by field, inherited too
  };
  struct Routed {
    UrlPrefix prefix;
    std::size_t route;  // index into `routes`
  };

  std::string name;
  std::map<std::string, Named, std::less<>> policies;
  std::string fallback;
  std::vector<PolicyRoute> routes;
  std::vector<Routed> by_prefix;  // most specific first
};

/// Reads the TOML text into `content`, whose name is set; what is wrong with it is returned, in the
/// order of its lines.
std::vector<Finding> read_policy_file(std::string_view text, PolicyFileContent& content);

}  // namespace detail
}  // namespace v0
}  // namespace redial

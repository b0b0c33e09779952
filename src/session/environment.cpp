#include "session/environment.hpp"

#include <cstdlib>

namespace redial {
inline namespace v0 {
namespace detail {

std::string environment_ca_bundle() {
  for (const char* const name : {"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"}) {
    const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): read only
    if (value != nullptr && *value != '\0') return value;
  }
  return {};
}

}  // namespace detail
}  // namespace v0
}  // namespace redial

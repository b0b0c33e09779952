#include "http/public_suffix.hpp"

#include <libpsl.h>

namespace redial {
inline namespace v0 {
namespace detail {
namespace {

// Read once, at the first Domain attribute; never freed, calls may outlive main's statics.
const psl_ctx_t* list() {
  static const psl_ctx_t* const instance = psl_latest(nullptr);
  return instance;
}

}  // namespace

bool is_public_suffix(const std::string& domain) {
  const psl_ctx_t* const rules = list();
  if (rules == nullptr) return looks_public(domain);
  return psl_is_public_suffix(rules, domain.c_str()) != 0;
}

bool looks_public(std::string_view domain) noexcept {
  return domain.find('.') == std::string_view::npos;
}

}  // namespace detail
}  // namespace v0
}  // namespace redial

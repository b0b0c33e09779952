#include <redial/session/idempotency.hpp>

#include <stdexcept>

#include <redial/http/text.hpp>

namespace redial {
inline namespace v0 {

void validate(const IdempotencyKeys& keys) {
  const auto refuse = [](const char* field, const char* why) {
    throw std::invalid_argument(std::string("IdempotencyKeys.") + field + ": " + why);
  };
  if (!is_token(keys.header)) refuse("header", "is not a field's name");
  if (keys.max_length == 0) refuse("max_length", "must be positive");
  if (keys.lifetime <= Duration::zero()) refuse("lifetime", "must be positive");
}

}  // namespace v0
}  // namespace redial

#include <redial/retrying/retry_outcome.hpp>

#include <utility>

namespace redial {
inline namespace v0 {

RetryOutcome RetryOutcome::threw(std::exception_ptr exception) {
  RetryOutcome outcome;
  outcome.thrown_ = std::move(exception);
  return outcome;
}

const std::exception_ptr& RetryOutcome::exception() const {
  if (thrown_ != nullptr || error_ == nullptr) return thrown_;
  if (made_ == nullptr) made_ = to_exception_(error_);
  return made_;
}

std::optional<std::error_code> RetryOutcome::code() const {
  if (const auto* const returned = error<std::error_code>()) return *returned;
  if (thrown_ == nullptr) return std::nullopt;
  try {
    std::rethrow_exception(thrown_);
  } catch (const std::system_error& error) {
    return error.code();
  } catch (...) {
    return std::nullopt;
  }
}

bool RetryOutcome::print(std::ostream& out) const {
  if (print_ == nullptr) return false;
  print_(out, value_);
  return true;
}

}  // namespace v0
}  // namespace redial

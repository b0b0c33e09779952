#include <redial/retrying/retry_error.hpp>

#include <utility>

namespace redial {
inline namespace v0 {

RetryError::RetryError(CallReport report, std::shared_ptr<const void> result,
                       const std::type_info& type)
    : std::runtime_error(report.text()),
      report_(std::make_shared<const CallReport>(std::move(report))),
      result_(std::move(result)),
      type_(&type) {}

RetryError::RetryError(const RetryError&) noexcept = default;
RetryError& RetryError::operator=(const RetryError&) noexcept = default;
RetryError::~RetryError() = default;

}  // namespace v0
}  // namespace redial

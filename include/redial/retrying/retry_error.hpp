#pragma once

#include <memory>
#include <stdexcept>
#include <typeinfo>

#include <redial/config.hpp>
#include <redial/policy/report.hpp>

namespace redial {
inline namespace v0 {

/// Attempts ran out, and there is no error of the callable's own to rethrow: it returned values
/// that were not accepted, or was stopped before it ran at all.
///
/// Thread safety: a value that shares its content.
class REDIAL_EXPORT RetryError : public std::runtime_error {
 public:
  explicit RetryError(CallReport report, std::shared_ptr<const void> result = nullptr,
                      const std::type_info& type = typeid(void));
  RetryError(const RetryError&) noexcept;
  RetryError& operator=(const RetryError&) noexcept;
  ~RetryError() override;

  const CallReport& report() const noexcept { return *report_; }
  StopReason stop_reason() const noexcept { return report_->stop_reason; }
  /// The last value, if there was one and it is a T; else null. Lives as long as a copy of this.
  template <class T>
  const T* last_result() const noexcept {
    return result_ && *type_ == typeid(T) ? static_cast<const T*>(result_.get()) : nullptr;
  }

 private:
  std::shared_ptr<const CallReport> report_;
  std::shared_ptr<const void> result_;
  const std::type_info* type_;
};

}  // namespace v0
}  // namespace redial

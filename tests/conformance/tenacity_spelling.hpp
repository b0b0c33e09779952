#pragma once

#include <exception>
#include <stdexcept>
#include <string>

#include <nlohmann/json.hpp>

#include <redial/retrying/retrying.hpp>

#include "conformance/tenacity_values.hpp"

namespace conformance {

/// An entry records something that only Python has.
struct Diverges : std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline constexpr double k_century = 100.0 * 365 * 24 * 3600;

/// Seconds: a number, "inf", or timedelta's fields.
redial::Duration seconds_from(const nlohmann::json& seconds);
double to_seconds(redial::Duration span);

redial::WaitStrategy wait_from(const nlohmann::json& spec);
redial::WaitStrategy wait_exception_from(const nlohmann::json& spec);
redial::StopCondition stop_from(const nlohmann::json& spec);
redial::RetryCondition retry_from(const nlohmann::json& spec);
/// tenacity's defaults (any Exception, no wait, no end) with what the entry sets.
redial::RetryOptions options_from(const nlohmann::json& spec);
/// Makes whatever the entry describes, for the error that it is to give.
void construct(const nlohmann::json& spec);

[[noreturn]] void raise(const std::string& error_class, const std::string& message);
/// Ends an attempt as an input says: returns, or throws.
PythonValue come(const nlohmann::json& input);
/// How long an attempt takes on the entry's clock.
redial::Duration took(const nlohmann::json& input);
PythonValue callback_value(const nlohmann::json& callback);
/// What Python's str() says of it.
std::string message_in(const std::exception_ptr& exception);
/// "OSError", without namespaces.
std::string class_name(const std::exception_ptr& exception);

/// What an input comes to, for conditions that are asked alone.
class Came {
 public:
  explicit Came(const nlohmann::json& input);
  redial::RetryOutcome outcome() const;

 private:
  PythonValue value_;
  std::exception_ptr exception_;
};

}  // namespace conformance

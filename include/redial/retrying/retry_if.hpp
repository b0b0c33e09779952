#pragma once

#include <concepts>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include <redial/config.hpp>
#include <redial/retrying/argument.hpp>
#include <redial/retrying/retry_state.hpp>

namespace redial {
inline namespace v0 {

/// What is worth another attempt: the one thing a retried call must name, because nobody else knows
/// what repeating it does.
///
/// Made by the functions of `redial::retry_if`, joined by `|`, `&` and `!`. A lambda is one too,
/// and its argument says what it looks at: `const RetryState&` everything, an exception class what
/// was thrown (or returned as an error), std::error_code a code, any other type the returned value.
/// Errors: a condition on a type that the callable cannot return throws std::invalid_argument
/// before the first attempt. Thread safety: a value; its lambdas are called from every thread that
/// retries with it.
class REDIAL_EXPORT RetryCondition {
 public:
  using Function = std::function<bool(const RetryState&)>;
  /// Throws std::invalid_argument when it asks about a type that is not there.
  using Check = std::function<void(const detail::ResultTypes&)>;

  RetryCondition() = delete;  // RetryOptions: name what is worth another attempt, .retry_if = …
  template <class F>
  requires(!std::same_as<std::remove_cvref_t<F>, RetryCondition> &&
           !std::same_as<std::remove_cvref_t<F>, Function> &&
           (std::is_invocable_r_v<bool, F&, const RetryState&> ||
            !std::is_void_v<detail::Asked<void, F>>))
      RetryCondition(F condition);  // NOLINT(google-explicit-constructor): a lambda fits
  explicit RetryCondition(Function condition, Check check = nullptr);

  /// Whether to try again.
  bool operator()(const RetryState& state) const;
  void check(const detail::ResultTypes& types) const;

  friend REDIAL_EXPORT RetryCondition operator|(RetryCondition one, RetryCondition other);
  friend REDIAL_EXPORT RetryCondition operator&(RetryCondition one, RetryCondition other);
  friend REDIAL_EXPORT RetryCondition operator!(RetryCondition one);

 private:
  struct Content;
  std::shared_ptr<const Content> content_;
};

/// The conditions of a retried call.
namespace retry_if {

/// Every attempt, successful ones included. For polling.
REDIAL_EXPORT RetryCondition always();
/// None; only `TryAgain` retries.
REDIAL_EXPORT RetryCondition never();
REDIAL_EXPORT RetryCondition any(std::vector<RetryCondition> conditions);
REDIAL_EXPORT RetryCondition all(std::vector<RetryCondition> conditions);

/// The returned value has none: an empty optional, an expected without a value, an error code.
REDIAL_EXPORT RetryCondition no_value();
/// This code was returned, or thrown in a std::system_error: std::errc::… or a code of your own.
REDIAL_EXPORT RetryCondition error_code(std::error_condition condition);
inline RetryCondition error_code(std::errc code) {
  return error_code(std::make_error_condition(code));
}
REDIAL_EXPORT RetryCondition error_code(std::error_code code);

/// Its message is this.
REDIAL_EXPORT RetryCondition exception_message(std::string text);
/// There is an exception, and its message is another.
REDIAL_EXPORT RetryCondition not_exception_message(std::string text);
/// Its message begins with a match of this regular expression (Perl's syntax). Errors:
/// std::invalid_argument for one that does not parse.
REDIAL_EXPORT RetryCondition exception_message_match(const std::string& regex);
REDIAL_EXPORT RetryCondition not_exception_message_match(const std::string& regex);

}  // namespace retry_if

namespace detail {

template <class E>
bool is_a(const std::exception_ptr& exception) {
  if (!exception) return false;
  try {
    std::rethrow_exception(exception);
  } catch (const E&) {
    return true;
  } catch (...) {
    return false;
  }
}

/// What an exception carries as its cause (std::throw_with_nested); null when it carries none.
REDIAL_EXPORT std::exception_ptr cause_of(const std::exception_ptr& exception);
[[noreturn]] REDIAL_EXPORT void refuse_type(const char* condition, const std::type_info& asked,
                                            const ResultTypes& there);

template <class T>
void check_result(const ResultTypes& types) {
  if (*types.result != typeid(T) && *types.inside != typeid(T)) {
    refuse_type("retry_if::result", typeid(T), types);
  }
}

template <class E>
void check_error(const ResultTypes& types) {
  if (*types.error != typeid(E)) refuse_type("retry_if::error", typeid(E), types);
}

}  // namespace detail

namespace retry_if {

/// A lambda `bool(const RetryState&)`, so that `|` and `&` can join it.
template <class F>
RetryCondition predicate(F condition) {
  static_assert(std::is_invocable_r_v<bool, F&, const RetryState&>,
                "retry_if::predicate takes bool(const RetryState&)");
  return RetryCondition(RetryCondition::Function(std::move(condition)));
}

/// One of these was thrown, or returned as an error.
template <class E = std::exception, class... More>
RetryCondition exception_type() {
  return predicate([](const RetryState& state) {
    const auto& exception = state.outcome.exception();
    return detail::is_a<E>(exception) || (detail::is_a<More>(exception) || ...);
  });
}

/// There is an exception, and it is none of these.
template <class E, class... More>
RetryCondition not_exception_type() {
  return predicate([](const RetryState& state) {
    const auto& exception = state.outcome.exception();
    return exception && !detail::is_a<E>(exception) && !(detail::is_a<More>(exception) || ...);
  });
}

/// Until one of these appears: successes are repeated, too.
template <class E, class... More>
RetryCondition unless_exception_type() {
  return !exception_type<E, More...>();
}

/// What caused the exception (std::throw_with_nested), at any depth, is an E.
template <class E>
RetryCondition exception_cause_type() {
  return predicate([](const RetryState& state) {
    auto cause = detail::cause_of(state.outcome.exception());
    while (cause && !detail::is_a<E>(cause)) cause = detail::cause_of(cause);
    return cause != nullptr;
  });
}

/// There is an exception that `condition`, a lambda `bool(const E&)`, says yes to.
template <class E = void, class F>
RetryCondition exception(F condition) {
  using Exception = detail::Asked<E, F>;
  static_assert(!std::is_void_v<Exception>, "name the type: retry_if::exception<E>(condition)");
  return predicate([own = std::move(condition)](const RetryState& state) {
    if (!state.outcome.exception()) return false;
    try {
      std::rethrow_exception(state.outcome.exception());
    } catch (const Exception& error) {
      return static_cast<bool>(own(error));
    } catch (...) {
      return false;
    }
  });
}

/// A value was returned, or is held by the expected or optional that was, and `condition`, a lambda
/// `bool(const T&)`, says yes to it.
template <class T = void, class F>
RetryCondition result(F condition) {
  using Value = detail::Asked<T, F>;
  static_assert(!std::is_void_v<Value>, "name the type: retry_if::result<T>(condition)");
  return RetryCondition(
      [own = std::move(condition)](const RetryState& state) {
        if (state.outcome.threw()) return false;
        detail::check_result<Value>(state.outcome.types());
        const Value* const value = state.outcome.value<Value>();
        return value != nullptr && static_cast<bool>(own(*value));
      },
      detail::check_result<Value>);
}

/// A value was returned, and `condition` says no to it.
template <class T = void, class F>
RetryCondition not_result(F condition) {
  using Value = detail::Asked<T, F>;
  return result<Value>(
      [own = std::move(condition)](const Value& value) { return !static_cast<bool>(own(value)); });
}

/// An error was returned, and `condition`, a lambda `bool(const E&)`, says yes to it.
template <class E = void, class F>
RetryCondition error(F condition) {
  using Value = detail::Asked<E, F>;
  static_assert(!std::is_void_v<Value>, "name the type: retry_if::error<E>(condition)");
  return RetryCondition(
      [own = std::move(condition)](const RetryState& state) {
        if (state.outcome.threw()) return false;
        detail::check_error<Value>(state.outcome.types());
        const Value* const value = state.outcome.error<Value>();
        return value != nullptr && static_cast<bool>(own(*value));
      },
      detail::check_error<Value>);
}

}  // namespace retry_if

template <class F>
requires(!std::same_as<std::remove_cvref_t<F>, RetryCondition> &&
         !std::same_as<std::remove_cvref_t<F>, RetryCondition::Function> &&
         (std::is_invocable_r_v<bool, F&, const RetryState&> ||
          !std::is_void_v<detail::Asked<void, F>>)) RetryCondition::RetryCondition(F condition)
    : RetryCondition([&] {
        if constexpr (std::is_invocable_r_v<bool, F&, const RetryState&>) {
          return retry_if::predicate(std::move(condition));
        } else {
          using Argument = detail::Asked<void, F>;
          if constexpr (std::is_base_of_v<std::exception, Argument>) {
            return retry_if::exception(std::move(condition));
          } else if constexpr (std::is_same_v<Argument, std::error_code>) {
            return retry_if::predicate([own = std::move(condition)](const RetryState& state) {
              const auto code = state.outcome.code();
              return code && static_cast<bool>(own(*code));
            });
          } else {
            return retry_if::result(std::move(condition));
          }
        }
      }()) {}

}  // namespace v0
}  // namespace redial

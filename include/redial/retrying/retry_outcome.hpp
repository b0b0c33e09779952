#pragma once

#include <concepts>
#include <exception>
#include <iosfwd>
#include <memory>
#include <optional>
#include <ostream>
#include <system_error>
#include <type_traits>
#include <typeinfo>

#include <redial/config.hpp>
#include <tl/expected.hpp>

namespace redial {
inline namespace v0 {

namespace detail {

/// tl::expected, std::expected, and what has their shape.
template <class R>
concept ExpectedLike = requires(const R& result) {
  typename R::error_type;
  { result.has_value() } -> std::convertible_to<bool>;
  result.error();
};

/// What is inside a result: its own type unless it is a wrapper.
template <class R>
struct Inside {
  using type = R;
};
template <class R>
requires ExpectedLike<R>
struct Inside<R> {
  using type = typename R::value_type;
};
template <class T>
struct Inside<std::optional<T>> {
  using type = T;
};

/// The error a result can hold, or void.
template <class R>
struct ErrorInside {
  using type = void;
};
template <class R>
requires ExpectedLike<R>
struct ErrorInside<R> {
  using type = typename R::error_type;
};
template <>
struct ErrorInside<std::error_code> {
  using type = std::error_code;
};

/// The types a condition may ask about, for one type of result.
struct ResultTypes {
  const std::type_info* result = &typeid(void);
  const std::type_info* inside = &typeid(void);
  const std::type_info* error = &typeid(void);
};

template <class R>
const ResultTypes& result_types() {
  using Plain = std::remove_cvref_t<R>;
  static const ResultTypes types{.result = &typeid(Plain),
                                 .inside = &typeid(typename Inside<Plain>::type),
                                 .error = &typeid(typename ErrorInside<Plain>::type)};
  return types;
}

/// A returned error as the exception it would have been, or null: redial::Error as the class of its
/// kind, an error code as std::system_error.
template <class E>
std::exception_ptr as_exception(const E& error) {
  if constexpr (std::is_same_v<E, std::exception_ptr>) {
    return error;
  } else if constexpr (std::is_same_v<E, std::error_code>) {
    return std::make_exception_ptr(std::system_error(error));
  } else if constexpr (requires { error.raise(); }) {
    try {
      error.raise();
    } catch (...) {
      return std::current_exception();
    }
    return nullptr;
  } else if constexpr (std::is_base_of_v<std::exception, E>) {
    return std::make_exception_ptr(error);
  } else {
    return nullptr;
  }
}

}  // namespace detail

/// What one attempt came to, whatever its type: a thrown exception, or a returned value.
///
/// A view: values live in the attempt, so keep none past the condition, wait or hook that was shown
/// it. Returned failures are seen as such: an expected without a value and an error code that is
/// set are failures, and where their error has an exception (redial::Error, std::error_code,
/// anything derived from std::exception) `exception()` is it, so that one condition serves both
/// styles.
class REDIAL_EXPORT RetryOutcome {
 public:
  /// Nothing yet, or a return without a value.
  RetryOutcome() = default;
  static RetryOutcome threw(std::exception_ptr exception);
  template <class R>
  static RetryOutcome returned(const R& result);

  bool threw() const noexcept { return thrown_ != nullptr; }
  /// It threw, or returned an error.
  bool is_failure() const noexcept { return threw() || error_ != nullptr; }
  /// A return that speaks for itself: an error, or an optional without a value.
  bool lacks_value() const noexcept { return error_ != nullptr || empty_; }
  /// What was thrown, or what the returned error would be if thrown; null otherwise.
  const std::exception_ptr& exception() const;
  /// The error code that was returned, or thrown as std::system_error.
  std::optional<std::error_code> code() const;

  /// The returned value if it is a T, or holds one (expected, optional); else null.
  template <class T>
  const T* value() const noexcept {
    if (value_ != nullptr && *types_.result == typeid(T)) return static_cast<const T*>(value_);
    if (inside_ != nullptr && *types_.inside == typeid(T)) return static_cast<const T*>(inside_);
    return nullptr;
  }
  /// The returned error if there is one and it is an E; else null.
  template <class E>
  const E* error() const noexcept {
    return error_ != nullptr && *types_.error == typeid(E) ? static_cast<const E*>(error_)
                                                           : nullptr;
  }
  const detail::ResultTypes& types() const noexcept { return types_; }
  /// Writes the returned value; false when it cannot be written.
  bool print(std::ostream& out) const;

 private:
  std::exception_ptr thrown_;
  mutable std::exception_ptr made_;
  const void* value_ = nullptr;
  const void* inside_ = nullptr;
  const void* error_ = nullptr;
  bool empty_ = false;
  detail::ResultTypes types_;
  std::exception_ptr (*to_exception_)(const void*) = nullptr;
  void (*print_)(std::ostream&, const void*) = nullptr;
};

template <class R>
RetryOutcome RetryOutcome::returned(const R& result) {
  RetryOutcome outcome;
  outcome.value_ = std::addressof(result);
  outcome.types_ = detail::result_types<R>();
  if constexpr (requires(std::ostream & out) { out << result; }) {
    outcome.print_ = [](std::ostream& out, const void* value) {
      out << *static_cast<const R*>(value);
    };
  }
  using E = typename detail::ErrorInside<R>::type;
  if constexpr (detail::ExpectedLike<R>) {
    if (!result.has_value()) {
      outcome.error_ = std::addressof(result.error());
    } else if constexpr (!std::is_void_v<typename R::value_type>) {
      outcome.inside_ = std::addressof(*result);
    }
  } else if constexpr (std::is_same_v<R, std::error_code>) {
    if (result) outcome.error_ = std::addressof(result);
  } else if constexpr (!std::is_same_v<R, typename detail::Inside<R>::type>) {  // std::optional
    outcome.empty_ = !result.has_value();
    if (result) outcome.inside_ = std::addressof(*result);
  }
  if constexpr (!std::is_void_v<E>) {
    outcome.to_exception_ = [](const void* error) {
      return detail::as_exception(*static_cast<const E*>(error));
    };
  }
  return outcome;
}

}  // namespace v0
}  // namespace redial

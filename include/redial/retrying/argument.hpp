#pragma once

#include <type_traits>

namespace redial {
inline namespace v0 {
namespace detail {

/// The type that a callable of one argument takes, without reference and const; void when it cannot
/// be told (a generic lambda, overloads).
template <class F, class = void>
struct ArgumentOf {
  using type = void;
};
template <class R, class A>
struct ArgumentOf<R (*)(A)> {
  using type = std::remove_cvref_t<A>;
};
template <class R, class A>
struct ArgumentOf<R (*)(A) noexcept> : ArgumentOf<R (*)(A)> {};
template <class C, class R, class A>
struct ArgumentOf<R (C::*)(A)> : ArgumentOf<R (*)(A)> {};
template <class C, class R, class A>
struct ArgumentOf<R (C::*)(A) const> : ArgumentOf<R (*)(A)> {};
template <class C, class R, class A>
struct ArgumentOf<R (C::*)(A) noexcept> : ArgumentOf<R (*)(A)> {};
template <class C, class R, class A>
struct ArgumentOf<R (C::*)(A) const noexcept> : ArgumentOf<R (*)(A)> {};
template <class F>
struct ArgumentOf<F, std::void_t<decltype(&F::operator())>> : ArgumentOf<decltype(&F::operator())> {
};

/// What `f` asks about: the explicit `T`, or what its argument says.
template <class T, class F>
using Asked = std::conditional_t<std::is_void_v<T>, typename ArgumentOf<std::decay_t<F>>::type, T>;

}  // namespace detail
}  // namespace v0
}  // namespace redial

#pragma once

#include <exception>
#include <string>
#include <typeinfo>

#include <redial/config.hpp>

namespace redial {
inline namespace v0 {
namespace detail {

/// A type as it is written in C++.
std::string type_name(const std::type_info& type);
/// What an exception says of itself; empty for what is no std::exception.
std::string message_of(const std::exception_ptr& exception);
/// The class of what was thrown.
std::string class_of(const std::exception_ptr& exception);
/// "std::runtime_error: boom": one line without secrets of URLs, for reports and logs. Of a
/// redial::Error its class and the line of its report.
std::string describe(const std::exception_ptr& exception);
/// "st" for 1, "nd" for 2, "th" for 11.
const char* ordinal_suffix(int number);

}  // namespace detail
}  // namespace v0
}  // namespace redial

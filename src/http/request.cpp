#include <redial/http/request.hpp>

#include <redial/http/method.hpp>

namespace redial {
inline namespace v0 {

Request::Request(std::string_view name, Url target)
    : method(checked_method(name)), url(std::move(target)) {}
Request::Request(std::string_view name, std::string_view target) : Request(name, Url(target)) {}

}  // namespace v0
}  // namespace redial

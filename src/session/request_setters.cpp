// The setters of Request: here, because what they set is the session's.

#include <redial/http/request.hpp>
#include <redial/session/options.hpp>

namespace redial {
inline namespace v0 {

RequestOptions& Request::edit() {
  if (!options_) {
    options_ = std::make_shared<RequestOptions>();
  } else if (options_.use_count() > 1) {
    options_ = std::make_shared<RequestOptions>(*options_);
  }
  return *options_;
}

Request& Request::options(RequestOptions value) & {
  edit() = std::move(value);
  return *this;
}
Request& Request::sink(BodySink& value) & {
  edit().sink = &value;
  return *this;
}

// A setter for objects and one for temporaries.
#define REDIAL_REQUEST_CHAIN(name, Type)               \
  Request&& Request::name(Type value)&& {              \
    return std::move(name(std::forward<Type>(value))); \
  }
#define REDIAL_REQUEST_SETTER(name, Type) \
  Request& Request::name(Type value)& {   \
    edit().name = std::move(value);       \
    return *this;                         \
  }                                       \
  REDIAL_REQUEST_CHAIN(name, Type)
REDIAL_REQUEST_CHAIN(options, RequestOptions)
REDIAL_REQUEST_CHAIN(sink, BodySink&)
REDIAL_REQUEST_SETTER(params, Pairs)
REDIAL_REQUEST_SETTER(form, Pairs)
REDIAL_REQUEST_SETTER(json, JsonText)
REDIAL_REQUEST_SETTER(auth, Auth)
REDIAL_REQUEST_SETTER(cookies, Pairs)
REDIAL_REQUEST_SETTER(timeout, Duration)
REDIAL_REQUEST_SETTER(connect_timeout, Duration)
REDIAL_REQUEST_SETTER(idle_timeout, Duration)
REDIAL_REQUEST_SETTER(deadline, Duration)
REDIAL_REQUEST_SETTER(retry, Retry)
REDIAL_REQUEST_SETTER(idempotent, Idempotent)
REDIAL_REQUEST_SETTER(idempotency_key, IdempotencyKey)
REDIAL_REQUEST_SETTER(follow_redirects, bool)
REDIAL_REQUEST_SETTER(retry_if, std::function<bool(const Response&)>)
REDIAL_REQUEST_SETTER(route, std::string)
REDIAL_REQUEST_SETTER(max_body, std::uint64_t)
REDIAL_REQUEST_SETTER(decode_content, bool)
REDIAL_REQUEST_SETTER(stop, std::stop_token)
#undef REDIAL_REQUEST_SETTER
#undef REDIAL_REQUEST_CHAIN

}  // namespace v0
}  // namespace redial

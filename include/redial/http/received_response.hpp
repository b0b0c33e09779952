#pragma once

#include <string>

#include <redial/config.hpp>
#include <redial/http/headers.hpp>

namespace redial {
inline namespace v0 {

/// The final head of an answer, and its body when that is kept in memory: what a transport hands
/// up.
struct ReceivedResponse {
  int status = 0;
  int http_minor = 1;  ///< HTTP/1.x
  std::string reason;
  Headers headers;  ///< of the final answer only; fields of 1xx answers are dropped
  Headers trailers;
  std::string body;  ///< decoded
};

}  // namespace v0
}  // namespace redial

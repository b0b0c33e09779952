#pragma once

#include <memory>
#include <vector>

#include <redial/http/received_response.hpp>
#include <redial/http/response.hpp>

namespace redial {
inline namespace v0 {

/// Makes responses from what a transport received: the only one that may.
class ResponseBuilder {
 public:
  static Response from(ReceivedResponse&& received, std::shared_ptr<const Request> request);
  /// Back again, whatever `finish` added aside.
  static ReceivedResponse received(Response&& response);
  static void finish(Response& response, std::vector<Response> history, CallReport report);
};

}  // namespace v0
}  // namespace redial

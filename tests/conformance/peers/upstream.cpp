#include <map>
#include <utility>

#include "conformance/peers/row.hpp"

namespace conformance {

using redial::testing::FaultServer;
using redial::testing::RecordedRequest;
using redial::testing::Reply;
using redial::testing::When;
using Fault = Reply::Fault;

Upstream::Upstream(FaultServer::Tls tls)
    : server({.tls = tls, .on_request = [this](const RecordedRequest& one) {
                std::function<void()> act;
                {
                  const std::lock_guard lock(awaited_.mutex);
                  if (one.target == awaited_.path) act.swap(awaited_.act);
                }
                if (act) act();
              }}) {
  const auto on = [&](const char* route, Reply reply) {
    reply.acts = true;
    server.on(route, std::move(reply));
  };
  on("/kill", {.fault = Fault::stall});
  on("/204", {.status = 204, .reason = "No Content"});
  on("/wrong", {.body = "wrong"});
  on("", {.body = "served"});
  // The n-th request of an id: the first answer is lost, the next is not.
  server.answer_with("/first-lost",
                     [came = std::map<std::string, int>()](const RecordedRequest& one) mutable {
                       Reply reply{.body = "served", .acts = true};
                       if (++came[one.header("X-Request-Id")] == 1)
                         reply.fault = Fault::close_after_read;
                       return reply;
                     });
  for (const auto& fault : redial::testing::fault_catalogue()) {
    if (!is_in_an_answer(fault)) continue;
    // Dates are of the hour in which they are asked for.
    const auto answer = [this, &fault](const RecordedRequest&) { return fault.replies(server)[0]; };
    if (fault.name.substr(0, 3) == "F33") {
      server.answer_with("/" + fault.name, answer);
    } else {
      fault.load_into(server, When{.route = "/" + fault.name});
    }
  }
}

void Upstream::when_read(const std::string& path, std::function<void()> act) {
  const std::lock_guard lock(awaited_.mutex);
  awaited_.path = path;
  awaited_.act = std::move(act);
}

}  // namespace conformance

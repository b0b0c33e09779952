#include "book.hpp"

namespace campaign {

using redial::testing::RecordedRequest;
using redial::testing::Reply;

Reply Book::decide(const RecordedRequest& request) {
  const std::string id = request.header("X-Request-Id");
  if (request.method != "POST") return {.body = answer_to(id)};  // where a 303 leads
  Truth& truth = truths_.at(number_of(id));
  const Fate fate = fate_of(round_, number_of(id), ++truth.decided);
  truth.faulted = truth.faulted || fate.is_fault;
  if (!fate.reply.idle_bytes.empty() || fate.reply.idle != Reply::Idle::keep) ++idle_events_;
  return fate.reply;
}

void Book::note(const RecordedRequest& request) {
  if (request.method != "POST") return;
  Truth& truth = truths_.at(number_of(request.header("X-Request-Id")));
  ++truth.arrivals;
  truth.effects = static_cast<std::uint8_t>(truth.effects + (request.acted ? 1 : 0));
}

}  // namespace campaign

#include "testing/catalogue.hpp"

namespace redial {
inline namespace v0 {
namespace testing {
namespace {

using Fault = Reply::Fault;
using Needs = NamedFault::Needs;

Reply acting_then(Fault fault) {
  return {.body = "0123456789", .fault = fault, .acts = true};
}

Reply in_upload(Fault fault) {
  return {.fault = fault, .upload_read = 1000};
}

Reply early(int status, bool drains) {
  return {.status = status, .reason = "Early", .early = true, .drains = drains};
}

// The answer before is whole; it is the connection that goes wrong, while nobody uses it.
NamedFault while_idle(std::string name, std::string what, Reply::Idle idle, std::string bytes) {
  Reply reply = acting();
  reply.idle = idle;
  reply.idle_bytes = std::move(bytes);
  NamedFault named = fault(std::move(name), std::move(what), std::move(reply));
  named.needs = Needs::reused_connection;
  return named;
}

constexpr const char* k_200 = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong";
constexpr const char* k_408 =
    "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

}  // namespace

void add_request_faults(std::vector<NamedFault>& catalogue) {
  using Idle = Reply::Idle;
  const auto add = [&](NamedFault one) { catalogue.push_back(std::move(one)); };
  add(fault("F11-fin", "a FIN while the upload runs", in_upload(Fault::close_in_upload),
            Needs::large_body));
  add(fault("F11-rst", "a reset while the upload runs", in_upload(Fault::reset_in_upload),
            Needs::large_body));
  add(fault("F12-stop", "reading stops: the window fills", in_upload(Fault::stop_reading),
            Needs::large_body));
  add(fault("F13-413-drain", "413 before the upload ends, the rest is read and dropped",
            early(413, true), Needs::large_body));
  add(fault("F13-413-close", "413 before the upload ends, then closed with bytes unread",
            early(413, false), Needs::large_body));
  add(fault("F13-503-drain", "503 before the upload ends, the rest is read and dropped",
            early(503, true), Needs::large_body));
  NamedFault unmet = fault("F14-417", "417 to Expect", early(417, true), Needs::expect);
  unmet.when.header = "Expect: 100-continue";
  add(unmet);
  Reply silent = acting();
  silent.ignores_expect = true;
  add(fault("F14-silence", "Expect is ignored: no 100", silent, Needs::expect));
  add(fault("F14-100-fin", "100 Continue, then closed", raw_answer("HTTP/1.1 100 Continue\r\n\r\n"),
            Needs::expect));
  add(fault("F15-fin", "the request is read, then closed", acting_then(Fault::close_after_read)));
  add(fault("F16-rst", "the request is read, then reset", acting_then(Fault::reset_after_read)));
  add(fault("F17-fin", "the same on a reused connection, closed",
            acting_then(Fault::close_after_read), Needs::reused_connection));
  add(fault("F17-rst", "the same on a reused connection, reset",
            acting_then(Fault::reset_after_read), Needs::reused_connection));
  add(while_idle("F18-fin", "closed while idle", Idle::close, ""));
  add(while_idle("F18-rst", "reset while idle", Idle::reset, ""));
  add(while_idle("F18b-200", "a 200 that nobody asked for, on the idle connection", Idle::keep,
                 k_200));
  add(while_idle("F18b-408", "a 408 that nobody asked for, on the idle connection", Idle::keep,
                 k_408));
  add(while_idle("F18b-408-fin", "a 408 that nobody asked for, then closed while idle", Idle::close,
                 k_408));
  add(while_idle("F18b-200-fin", "a 200 that nobody asked for, then closed while idle", Idle::close,
                 k_200));
}

}  // namespace testing
}  // namespace v0
}  // namespace redial

#include <redial/testing/scripted.hpp>

#include <cerrno>
#include <system_error>
#include <utility>

namespace redial {
inline namespace v0 {
namespace testing {
namespace {

// What the wire reports of a fault beside its evidence.
int usual_errno(Fault fault) {
  switch (fault) {
    case Fault::connect_refused:
      return ECONNREFUSED;
    case Fault::connect_failed:
      return EHOSTUNREACH;
    case Fault::reset:
      return ECONNRESET;
    default:
      return 0;
  }
}

Evidence usual_evidence(Fault fault) {
  switch (fault) {
    case Fault::none:
    case Fault::body_too_large:
    case Fault::sink_failed:
      return Evidence::responded;
    case Fault::upload_failed:
    case Fault::deadline:
      return Evidence::maybe;
    default:
      break;
  }
  switch (cause_of(fault)) {
    case Cause::read:
      return Evidence::maybe;
    case Cause::body:
      return Evidence::responded;
    default:
      return Evidence::not_sent;
  }
}

}  // namespace

Scripted Scripted::answer(int status, Headers headers, std::string body) {
  Scripted attempt;
  attempt.status = status;
  attempt.headers = std::move(headers);
  attempt.body = std::move(body);
  return attempt;
}

Scripted Scripted::failing(Fault fault) {
  Scripted attempt;
  attempt.fault = fault;
  attempt.evidence = usual_evidence(fault);
  attempt.os_error = usual_errno(fault);
  if (attempt.os_error != 0) attempt.detail = std::generic_category().message(attempt.os_error);
  return attempt;
}

Scripted Scripted::hanging(Phase phase) {
  Scripted attempt;
  switch (phase) {
    case Phase::connecting:
      attempt.connecting_takes = k_unlimited;
      break;
    case Phase::sending:
      attempt.sending_takes = k_unlimited;
      break;
    case Phase::head:
      attempt.takes = k_unlimited;
      break;
    case Phase::body:
      attempt.body_takes = k_unlimited;
      break;
  }
  return attempt;
}

Scripted Scripted::reset_before_sending() {
  Scripted attempt = failing(Fault::connect_refused);
  attempt.os_error = ECONNRESET;
  attempt.detail = std::generic_category().message(ECONNRESET);
  return attempt;
}

Scripted Scripted::reset_after_sending() {
  return failing(Fault::reset);
}

Scripted Scripted::stale_connection() {
  Scripted attempt = failing(Fault::closed);
  attempt.connection_reused = true;
  attempt.detail = "the connection was closed without an answer";
  return attempt;
}

Scripted Scripted::cut_body(int status, std::string received) {
  Scripted attempt = failing(Fault::body_cut);
  attempt.status = status;
  attempt.body = std::move(received);
  attempt.detail = "the connection ended before the body did";
  return attempt;
}

Scripted Scripted::after(Duration latency) const {
  Scripted later = *this;
  later.takes = latency;
  return later;
}

}  // namespace testing
}  // namespace v0
}  // namespace redial

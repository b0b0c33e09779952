#include <redial/policy/attempt_log.hpp>

namespace redial {
inline namespace v0 {

AttemptReport AttemptLog::report(int number) const {
  const AttemptRecord& record = number == 1 ? first_ : more_[static_cast<std::size_t>(number - 2)];
  AttemptReport report{.number = number,
                       .hop = record.hop,
                       .started = record.started,
                       .elapsed = record.elapsed,
                       .evidence = record.evidence,
                       .fault = record.fault,
                       .status = record.status,
                       .body = record.body,
                       .connection_reused = record.connection_reused,
                       .decision = record.decision,
                       .cause = record.cause,
                       .wait = record.wait,
                       .held = record.held};
  if (record.retry_after != Duration::min()) {
    report.retry_after = record.retry_after;
    report.asked_by = record.asked_by;
  }
  if (record.seldom) {
    report.resumed_at = record.seldom->resumed_at;
    report.os_error = record.seldom->os_error;
    report.detail = record.seldom->detail;
  }
  return report;
}

}  // namespace v0
}  // namespace redial

#include "tally.hpp"

#include <algorithm>

#include "exit_codes.hpp"
#include "result_line.hpp"

namespace redial::cli {

void Tally::add(const std::string& id, const CallReport& report) {
  ++done_;
  ++by_outcome_[static_cast<std::size_t>(report.outcome)];
  if (report.attempts.size() > 1) extra_ += report.attempts.size() - 1;
  held_back_ += cli::held_back(report);
  if (report.outcome == CallOutcome::ok) return;
  if (report.outcome != CallOutcome::in_doubt && report.resend != Resend::unsafe) {
    ++repeatable_;
    if (report.retry_at) {
      ++waiting_;
      not_before_ = std::max(not_before_.value_or(*report.retry_at), *report.retry_at);
    }
  }
  std::string code = reason_code(report);
  auto found = reasons_.find(code);
  if (found == reasons_.end()) {
    found = reasons_
                .emplace(code, Reason{.code = code,
                                      .text = reason_text(report),
                                      .id = id,
                                      .call = report.method.empty()
                                                  ? std::string()
                                                  : ", " + report.method + " " + report.url})
                .first;
  }
  ++found->second.count;
}

std::vector<Tally::Reason> Tally::top_reasons(std::size_t most) const {
  std::vector<Reason> top;
  for (const auto& [code, reason] : reasons_) top.push_back(reason);
  std::sort(top.begin(), top.end(),
            [](const Reason& a, const Reason& b) { return a.count > b.count; });
  if (top.size() > most) top.resize(most);
  return top;
}

int Tally::exit_code() const noexcept {
  if (of(CallOutcome::in_doubt) > 0) return k_in_doubt;
  if (of(CallOutcome::failed) > 0) return k_failed;
  if (of(CallOutcome::later) > 0) return k_later;
  return k_ok;
}

}  // namespace redial::cli

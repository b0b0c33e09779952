#include "run_stats.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <utility>

#include "http/utf8.hpp"
#include "json_view.hpp"

namespace redial::cli {
namespace {

std::string shown(const std::string& text) {
  if (text.size() <= RunStats::k_text) return text;
  return std::string(detail::utf8_prefix(text, RunStats::k_text)) + "…";
}

Example example_of(const ResultRow& row) {
  return {.id = shown(row.id),
          .method = shown(row.method),
          .url = shown(row.url),
          .resend = shown(row.resend),
          .key = shown(row.key),
          .reason = shown(row.reason_text),
          .line = row.line};
}

std::size_t index(CallOutcome outcome) {
  return static_cast<std::size_t>(outcome);
}

}  // namespace

std::uint64_t TimeSlot::calls() const noexcept {
  return std::accumulate(ended.begin(), ended.end(), std::uint64_t{0});
}

void TimeSlot::merge(const TimeSlot& other) {
  for (std::size_t i = 0; i < ended.size(); ++i) ended[i] += other.ended[i];
  attempts += other.attempts;
  elapsed_s.merge(other.elapsed_s);
}

void Timeline::add(WallTime when, const ResultRow& row) {
  using namespace std::chrono;
  const std::int64_t at = floor<milliseconds>(when.time_since_epoch()).count();
  if (slots_.empty()) first_ = at / width_ms_;
  const auto end = [this] { return first_ + static_cast<std::int64_t>(slots_.size()); };
  while (std::max(at / width_ms_ + 1, end()) - std::min(at / width_ms_, first_) > k_most) widen();
  const std::int64_t slot = at / width_ms_;
  for (; slot < first_; --first_) slots_.emplace_front();
  while (slot >= end()) slots_.emplace_back();
  TimeSlot& here = slots_[static_cast<std::size_t>(slot - first_)];
  ++here.ended[index(row.outcome)];
  here.attempts += row.attempts;
  here.elapsed_s.add(row.elapsed_s);
}

void Timeline::coarsen(std::int64_t most) {
  while (static_cast<std::int64_t>(slots_.size()) > std::max<std::int64_t>(most, 2)) widen();
}

void Timeline::widen() {
  std::deque<TimeSlot> wide;
  const std::int64_t first = first_ / 2;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const auto to = static_cast<std::size_t>((first_ + static_cast<std::int64_t>(i)) / 2 - first);
    if (to == wide.size()) {
      wide.push_back(std::move(slots_[i]));
    } else {
      wide[to].merge(slots_[i]);
    }
  }
  slots_ = std::move(wide);
  first_ = first;
  width_ms_ *= 2;
}

void RunStats::add(const ResultRow& row) {
  ++calls;
  stand(row);
  attempts += row.attempts;
  if (row.attempts > 0) ++sent;
  ++by_attempts[std::min<std::uint64_t>(row.attempts, by_attempts.size() - 1)];
  queued_ms += row.queued_ms;
  limit_ms += row.limit_ms;
  backoff_ms += row.backoff_ms;
  net_ms += row.net_ms;
  elapsed_s.add(row.elapsed_s);
  if (row.first && (!first || *row.first < *first)) first = row.first;
  if (row.last) {
    if (!last || *row.last > *last) last = row.last;
    timeline.add(*row.last, row);
  }
  if (row.outcome != CallOutcome::ok) count_reason(row);
}

// The last line about a job counts: what an earlier one said is taken back.
void RunStats::stand(const ResultRow& row) {
  const std::uint64_t print = std::hash<std::string>()(row.id);
  const auto before = standing_.find(print);
  if (before == standing_.end()) {
    ++jobs;
  } else {
    --by_outcome[index(before->second.outcome)];
    in_doubt.erase(before->second.listed);
    standing_.erase(before);
  }
  ++by_outcome[index(row.outcome)];
  if (row.outcome == CallOutcome::ok) return;
  std::uint64_t listed = 0;
  if (row.outcome == CallOutcome::in_doubt && in_doubt.size() < k_in_doubt) {
    listed = calls;
    in_doubt.emplace(calls, example_of(row));
  }
  if (standing_.size() < k_remembered) standing_.emplace(print, Standing{row.outcome, listed});
}

void RunStats::count_reason(const ResultRow& row) {
  std::string code = row.reason_code.empty() ? "unknown" : shown(row.reason_code);
  auto found = reasons.find(code);
  if (found == reasons.end()) {
    if (reasons.size() >= k_reasons) code = "other";
    found = reasons.try_emplace(code, Reason{0, example_of(row)}).first;
  }
  ++found->second.count;
}

double RunStats::amplification() const noexcept {
  return sent == 0 ? 0 : static_cast<double>(attempts) / static_cast<double>(sent);
}

std::vector<std::pair<std::string, RunStats::Reason>> RunStats::top_reasons() const {
  std::vector<std::pair<std::string, Reason>> top(reasons.begin(), reasons.end());
  std::stable_sort(top.begin(), top.end(),
                   [](const auto& a, const auto& b) { return a.second.count > b.second.count; });
  return top;
}

}  // namespace redial::cli

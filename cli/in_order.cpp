#include "in_order.hpp"

#include <utility>

namespace redial::cli {
namespace {

std::size_t size_of_text(const EndedJob& ended) {
  return ended.result.size() + ended.attempts.size();
}

}  // namespace

void InOrder::add(EndedJob ended) {
  bytes_ += size_of_text(ended);
  const std::uint64_t seq = ended.job.seq;
  held_.emplace(seq, std::move(ended));
  while (!held_.empty() && held_.begin()->first == next_) give_first();
}

void InOrder::finish() {
  while (!held_.empty()) give_first();
}

void InOrder::give_first() {
  const auto first = held_.begin();
  give_(first->second);
  bytes_ -= size_of_text(first->second);
  next_ = first->first + 1;
  held_.erase(first);
}

std::vector<const InFlight*> InOrder::held() const {
  std::vector<const InFlight*> jobs;
  for (const auto& [seq, ended] : held_) jobs.push_back(&ended.job);
  return jobs;
}

}  // namespace redial::cli

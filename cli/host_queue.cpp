#include "host_queue.hpp"

#include <algorithm>
#include <utility>

namespace redial::cli {

// Whether the host's oldest job may begin.
void HostQueue::note(Host& host) {
  const bool now = !host.waiting.empty() && host.under_way < per_host_;
  if (now) ready_.emplace(host.waiting.front().seq, &host);
}

void HostQueue::add(ReadJob job) {
  job.origin = job.job.request.url.origin();
  ++jobs_;
  bytes_ += job.job.size;
  Host& host = hosts_[job.origin];
  host.waiting.push_back(std::move(job));
  note(host);
}

const ReadJob* HostQueue::front() const {
  return ready_.empty() ? nullptr : &ready_.begin()->second->waiting.front();
}

ReadJob HostQueue::take() {
  Host& host = *ready_.begin()->second;
  ready_.erase(ready_.begin());
  ReadJob job = std::move(host.waiting.front());
  host.waiting.pop_front();
  ++host.under_way;
  --jobs_;
  bytes_ -= job.job.size;
  note(host);
  return job;
}

void HostQueue::ended(const std::string& origin) {
  const auto found = hosts_.find(origin);
  Host& host = found->second;
  --host.under_way;
  if (host.under_way == 0 && host.waiting.empty()) {
    hosts_.erase(found);
  } else {
    note(host);
  }
}

std::string HostQueue::fullest() const {
  const auto most =
      std::max_element(hosts_.begin(), hosts_.end(), [](const auto& a, const auto& b) {
        return a.second.waiting.size() < b.second.waiting.size();
      });
  return most == hosts_.end() || most->second.waiting.empty() ? std::string() : most->first;
}

std::vector<std::uint64_t> HostQueue::lines() const {
  std::vector<std::uint64_t> lines;
  for (const auto& [origin, host] : hosts_) {
    for (const auto& job : host.waiting) lines.push_back(job.job.line);
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

}  // namespace redial::cli

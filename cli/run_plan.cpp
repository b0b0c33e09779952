#include "run_plan.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "explain.hpp"

namespace redial::cli {
namespace {

void keep(RunPlan::Refused& refused, std::string why) {
  ++refused.count;
  if (refused.listed.size() < RunPlan::k_listed) refused.listed.push_back(std::move(why));
}

// The first `burst` start at once, each further one a turn later (RateLimit).
Duration time_of(std::uint64_t attempts, const RateLimit& limit) {
  const RateLimiter filled(limit);
  const auto burst = static_cast<std::uint64_t>(filled.limit().burst);
  const auto turns = static_cast<double>(attempts - std::min(attempts, burst));
  const double seconds = turns * std::chrono::duration<double>(limit.rate.period).count() /
                         static_cast<double>(limit.rate.count);
  constexpr double most = 1e9;  // beyond it a Duration has no room
  return std::chrono::duration_cast<Duration>(
      std::chrono::duration<double>(std::min(seconds, most)));
}

}  // namespace

std::string_view words_of(Safety safety) noexcept {
  switch (safety) {
    case Safety::repeatable:
      return "repeatable";
    case Safety::keyed:
      return "with a key";
    case Safety::once:
      break;
  }
  return "once only";
}

PlannedPolicy planned_policy(std::string prefix, const Adapter& adapter) {
  const Retry& retry = adapter.max_retries;
  const Timeouts& limits = adapter.timeouts;
  PlannedPolicy policy{.prefix = std::move(prefix)};
  std::string& words = policy.words;
  if (!retry.total.is_unlimited()) {
    policy.attempts = static_cast<std::uint64_t>(retry.total.number()) + 1;
    words = fmt::format("{} attempt{} at most", *policy.attempts, *policy.attempts == 1 ? "" : "s");
  } else {
    words = "attempts without a limit";
  }
  std::string statuses;
  for (const int code : retry.status_forcelist.codes()) statuses += " " + std::to_string(code);
  words += statuses.empty() ? ", again on no status" : ", again on" + statuses;
  const Duration longest = Policy(retry, limits).backoff_max();
  words += fmt::format("; waits from {}, doubling, to {}; {} a call, {} an attempt, {} to connect",
                       span_text(retry.backoff_factor), span_text(longest),
                       span_text(limits.deadline.value_or(k_default_deadline)),
                       span_text(limits.attempt), span_text(limits.connect));
  if (adapter.guard) words += "; " + adapter.guard->describe();
  if (const auto* limiter = dynamic_cast<const RateLimiter*>(adapter.guard.get()))
    policy.rate = limiter->limit();
  return policy;
}

void RunPlan::Sum::add(std::optional<std::uint64_t> most) {
  ++jobs;
  attempts = attempts && most ? std::optional(*attempts + *most) : std::nullopt;
}

RunPlan::RunPlan(std::vector<PlannedPolicy> policies) {
  for (auto& rules : policies) {
    if (!policies_.empty()) prefixes_.emplace_back(rules.prefix);
    policies_.push_back({.rules = std::move(rules)});
  }
}

std::size_t RunPlan::policy_of(const Url& url) const {
  std::size_t best = 0;
  for (std::size_t i = 0; i < prefixes_.size(); ++i) {
    if (!prefixes_[i].matches(url)) continue;
    if (best == 0 || prefixes_[i].specificity() > prefixes_[best - 1].specificity()) best = i + 1;
  }
  return best;
}

void RunPlan::add(const Url& url, const std::string& method, Safety safety) {
  const std::size_t chosen = policy_of(url);
  Policy& policy = policies_[chosen];
  ++policy.jobs;
  const auto attempts = policy.rules.attempts;
  all_.add(attempts);
  std::string host = url.origin();
  const bool room = hosts_.size() < k_hosts || hosts_.contains(host);
  (room ? hosts_[host] : other_hosts_).add(attempts);
  const std::pair key(method, safety);
  const bool known = methods_.size() < k_methods || methods_.contains(key);
  ++methods_[known ? key : std::pair<std::string, Safety>("others", safety)];
  if (!policy.rules.rate) return;
  const std::size_t line = policy.rules.shares_rate ? 0 : chosen;
  const bool shared = policy.rules.rate->per == RatePer::all;
  if (!shared && !room) return;  // a host among so many is hardly the one that takes longest
  lines_[{line, shared ? std::string() : std::move(host)}].add(attempts);
}

void RunPlan::refuse(std::string why) {
  keep(refused_, std::move(why));
}

void RunPlan::unsent(std::string why) {
  keep(unsent_, std::move(why));
}

std::optional<RunPlan::Time> RunPlan::time() const {
  std::optional<Time> time;
  for (const auto& [line, sum] : lines_) {
    const RateLimit& limit = *policies_[line.first].rules.rate;
    if (!time) time = Time{.once = {}, .worst = Duration::zero()};
    time->once = std::max(time->once, time_of(sum.jobs, limit));
    if (time->worst && sum.attempts) {
      time->worst = std::max(*time->worst, time_of(*sum.attempts, limit));
    } else {
      time->worst.reset();
    }
  }
  return time;
}

}  // namespace redial::cli

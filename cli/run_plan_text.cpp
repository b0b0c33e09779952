#include <algorithm>
#include <chrono>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "explain.hpp"
#include "progress.hpp"
#include "run_plan.hpp"

namespace redial::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t k_shown_hosts = 20;
constexpr std::size_t k_shown_jobs = 20;

std::string most(std::optional<std::uint64_t> attempts) {
  return attempts ? grouped(*attempts) : "no limit";
}

// The ones with most jobs first.
std::vector<std::pair<std::string, RunPlan::Sum>> largest(const RunPlan& plan) {
  std::vector<std::pair<std::string, RunPlan::Sum>> hosts(plan.hosts().begin(), plan.hosts().end());
  std::stable_sort(hosts.begin(), hosts.end(),
                   [](const auto& a, const auto& b) { return a.second.jobs > b.second.jobs; });
  return hosts;
}

void row(std::string& out, std::string_view name, std::string_view jobs, std::string_view last) {
  fmt::format_to(std::back_inserter(out), "  {:<40} {:>14}  {:>16}\n", name, jobs, last);
}

void append_hosts(std::string& out, const RunPlan& plan) {
  row(out, "host", "jobs", "attempts at most");
  const auto hosts = largest(plan);
  RunPlan::Sum rest = plan.other_hosts();
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    const auto& [host, sum] = hosts[i];
    if (i < k_shown_hosts) {
      row(out, host, grouped(sum.jobs), most(sum.attempts));
      continue;
    }
    rest.jobs += sum.jobs;
    rest.attempts = rest.attempts && sum.attempts ? std::optional(*rest.attempts + *sum.attempts)
                                                  : std::nullopt;
  }
  if (rest.jobs > 0) row(out, "other hosts", grouped(rest.jobs), most(rest.attempts));
  row(out, "all", grouped(plan.all().jobs), most(plan.all().attempts));
}

void append_refused(std::string& out, const RunPlan::Refused& refused, std::string_view what) {
  if (refused.count == 0) return;
  fmt::format_to(std::back_inserter(out), "{} {}{}\n", grouped(refused.count),
                 refused.count == 1 ? "job" : "jobs", what);
  const std::size_t shown = std::min(refused.listed.size(), k_shown_jobs);
  for (std::size_t i = 0; i < shown; ++i) out += "  " + refused.listed[i] + "\n";
  if (refused.count > shown)
    fmt::format_to(std::back_inserter(out), "  and {} more\n", grouped(refused.count - shown));
}

double seconds(Duration span) {
  return std::round(std::chrono::duration<double>(span).count() * 1e3) / 1e3;
}

Json number(std::optional<std::uint64_t> value) {
  return value ? Json(*value) : Json();
}

Json sum_json(const RunPlan::Sum& sum) {
  Json json;
  json["jobs"] = sum.jobs;
  json["attempts_at_most"] = number(sum.attempts);
  return json;
}

Json refused_json(const RunPlan::Refused& refused) {
  Json json;
  json["jobs"] = refused.count;
  json["why"] = refused.listed;
  return json;
}

}  // namespace

std::string plan_text(const RunPlan& plan, std::string_view jobs) {
  std::string out = fmt::format("{} {} in {}; nothing was sent\n", grouped(plan.all().jobs),
                                plan.all().jobs == 1 ? "job" : "jobs", jobs);
  if (plan.all().jobs > 0) {
    append_hosts(out, plan);
    row(out, "method", "jobs", "if lost");
    for (const auto& [key, count] : plan.methods())
      row(out, key.first, grouped(count), words_of(key.second));
  }
  for (const auto& policy : plan.policies()) {
    if (policy.jobs == 0) continue;
    const std::string& prefix = policy.rules.prefix;
    const bool alone = plan.policies().size() == 1;
    const std::string whose = alone            ? "policy"
                              : prefix.empty() ? "policy, elsewhere"
                                               : "policy of " + prefix;
    fmt::format_to(std::back_inserter(out), "{} ({} jobs): {}\n", whose, grouped(policy.jobs),
                   policy.rules.words);
  }
  if (const auto time = plan.time()) {
    out += "time at the rate limit: at least " + span_text(time->once);
    out += time->worst ? ", " + span_text(*time->worst) + " if every attempt is needed\n" : "\n";
  }
  append_refused(out, plan.unsent(), " would fail without being sent:");
  append_refused(out, plan.refused(), " would be refused, and nothing sent:");
  return out;
}

std::string plan_json(const RunPlan& plan) {
  Json json = sum_json(plan.all());
  json["hosts"] = Json::array();
  for (const auto& [host, sum] : largest(plan)) {
    Json one;
    one["host"] = host;
    one.update(sum_json(sum));
    json["hosts"].push_back(std::move(one));
  }
  json["other_hosts"] = sum_json(plan.other_hosts());
  json["methods"] = Json::array();
  for (const auto& [key, count] : plan.methods())
    json["methods"].push_back(
        {{"method", key.first}, {"safety", words_of(key.second)}, {"jobs", count}});
  json["policies"] = Json::array();
  for (const auto& policy : plan.policies()) {
    json["policies"].push_back({{"prefix", policy.rules.prefix},
                                {"jobs", policy.jobs},
                                {"attempts_at_most", number(policy.rules.attempts)},
                                {"words", policy.rules.words}});
  }
  json["rate_limit"] = nullptr;
  if (const auto time = plan.time()) {
    json["rate_limit"] = {{"least_s", seconds(time->once)}, {"worst_s", nullptr}};
    if (time->worst) json["rate_limit"]["worst_s"] = seconds(*time->worst);
  }
  json["unsent"] = refused_json(plan.unsent());
  json["refused"] = refused_json(plan.refused());
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace redial::cli

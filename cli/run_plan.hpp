#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <redial/redial.hpp>

namespace redial::cli {

/// May a job be sent again when its answer is lost?
enum class Safety : std::uint8_t { repeatable, keyed, once };
std::string_view words_of(Safety safety) noexcept;

/// What holds for the jobs whose URL begins so.
struct PlannedPolicy {
  std::string prefix = {};                               ///< empty: all that no other matches
  std::string words = {};                                ///< of its rules, for people
  std::optional<std::uint64_t> attempts = std::nullopt;  ///< of one job at most; without: no limit
  std::optional<RateLimit> rate = std::nullopt;
  bool shares_rate = false;  ///< with every other that says so: one limiter
};

/// "4 attempts at most, again on 429 500 …; waits from 0.5 s, doubling, to 20 s; …"
PlannedPolicy planned_policy(std::string prefix, const Adapter& adapter);

/// What a run would do with its jobs, in memory that does not grow with them.
///
/// Thread safety: none.
class RunPlan {
 public:
  static constexpr std::size_t k_hosts = 1000;  ///< by themselves; further ones are summed
  static constexpr std::size_t k_methods = 64;
  static constexpr std::size_t k_listed = 100;  ///< refused jobs whose reason is kept

  struct Sum {
    std::uint64_t jobs = 0;
    std::optional<std::uint64_t> attempts = 0;  ///< at most, redirects aside; without: no limit

    void add(std::optional<std::uint64_t> most);
  };
  struct Policy {
    PlannedPolicy rules;
    std::uint64_t jobs = 0;
  };
  struct Time {
    Duration once{};                ///< an attempt each
    std::optional<Duration> worst;  ///< every attempt there may be
  };

  /// The first policy is the one without a prefix. Throws std::invalid_argument for another prefix
  /// that is none.
  explicit RunPlan(std::vector<PlannedPolicy> policies);

  void add(const Url& url, const std::string& method, Safety safety);
  /// A job that the run would stop for, or, `unsent`, end without sending it.
  void refuse(std::string why);
  void unsent(std::string why);

  struct Refused {
    std::uint64_t count = 0;
    std::vector<std::string> listed;
  };

  const Sum& all() const noexcept { return all_; }
  const std::map<std::string, Sum>& hosts() const noexcept { return hosts_; }
  const Sum& other_hosts() const noexcept { return other_hosts_; }
  const std::map<std::pair<std::string, Safety>, std::uint64_t>& methods() const noexcept {
    return methods_;
  }
  const std::vector<Policy>& policies() const noexcept { return policies_; }
  const Refused& refused() const noexcept { return refused_; }
  const Refused& unsent() const noexcept { return unsent_; }
  /// At the rate limits, which hosts keep side by side; nothing where there is none.
  std::optional<Time> time() const;

 private:
  std::size_t policy_of(const Url& url) const;

  std::vector<Policy> policies_;
  std::vector<UrlPrefix> prefixes_;  // of policies_[1], [2], …
  Sum all_, other_hosts_;
  std::map<std::string, Sum> hosts_;
  std::map<std::pair<std::string, Safety>, std::uint64_t> methods_;
  // What passes one limiter's line: by the policy that has it, and the host where that counts.
  std::map<std::pair<std::size_t, std::string>, Sum> lines_;
  Refused refused_, unsent_;
};

/// For people, and one JSON object (docs/run.md).
std::string plan_text(const RunPlan& plan, std::string_view jobs);
std::string plan_json(const RunPlan& plan);

}  // namespace redial::cli

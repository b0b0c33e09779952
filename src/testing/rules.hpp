#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <redial/testing/fault_server.hpp>

namespace redial {
inline namespace v0 {
namespace testing {

/// A `When` that counts. `place`: which of the server's rules it is.
class Strikes {
 public:
  Strikes(When when, std::uint64_t seed, std::size_t place);
  bool at(const RecordedRequest& request, std::uint64_t identity, Duration age);
  bool at_connection(int number, Duration age);

 private:
  bool strikes(int number, std::uint64_t identity, Duration age);

  const When when_;
  const std::uint64_t seed_;
  int seen_ = 0;
  int struck_ = 0;
};

bool is_route(std::string_view route, std::string_view method, std::string_view target);

/// What the rules of a server or proxy go by. `place`: rules of different kinds draw apart.
struct RuleOptions {
  std::uint64_t seed;
  std::string id_header;
  std::shared_ptr<Clock> clock;
  std::size_t place = 0;
};

/// Tells requests, and moments, apart. Thread safety: none.
class Occasions {
 public:
  explicit Occasions(RuleOptions options);
  /// Notes the request's id; what chance is drawn by, if it is `wanted`.
  std::uint64_t identify(RecordedRequest& request, bool wanted);
  Duration age() const { return options.clock->now().steady - born_; }

  const RuleOptions options;

 private:
  const SteadyTime born_;
  std::unordered_map<std::uint64_t, std::uint32_t> came_;  // by the hash of an id
  std::uint64_t requests_ = 0;
};

/// Rules of one kind, in the order in which they apply. Thread safety: none.
template <class What>
class Rules {
 public:
  explicit Rules(RuleOptions options) : occasions_(std::move(options)) {}

  void add(When when, What what) {
    const RuleOptions& options = occasions_.options;
    rules_.emplace_back(Strikes(std::move(when), options.seed, options.place + rules_.size()),
                        std::move(what));
  }
  /// Notes the request's id, and uses what strikes it.
  template <class Use>
  void at(RecordedRequest& request, Use use) {
    const std::uint64_t identity = occasions_.identify(request, !rules_.empty());
    for (auto& [strikes, what] : rules_) {
      if (strikes.at(request, identity, occasions_.age())) use(what);
    }
  }
  template <class Use>
  void at_connection(int number, Use use) {
    for (auto& [strikes, what] : rules_) {
      if (strikes.at_connection(number, occasions_.age())) use(what);
    }
  }

 private:
  Occasions occasions_;
  std::vector<std::pair<Strikes, What>> rules_;
};

/// The idempotency keys that one server has seen. Thread safety: none.
class Keys {
 public:
  Keys(KeyRules rules, std::shared_ptr<Clock> clock)
      : rules_(std::move(rules)), clock_(std::move(clock)) {}
  /// Decides whether a complete request whose reply acts has its effect, and what it is answered.
  void judge(RecordedRequest& request, Reply& reply);

 private:
  struct Entry {
    Reply answer;
    std::string body;
    int later = 0;  // requests after the first
    SteadyTime first;
  };
  const KeyRules rules_;
  const std::shared_ptr<Clock> clock_;
  std::map<std::string, Entry> known_;
};

}  // namespace testing
}  // namespace v0
}  // namespace redial

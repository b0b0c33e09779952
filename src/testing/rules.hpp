#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include <redial/testing/fault_server.hpp>

namespace redial {
inline namespace v0 {
namespace testing {

/// A `When` that counts. `place`: which of the server's rules it is.
class Strikes {
 public:
  Strikes(When when, std::uint64_t seed, std::size_t place);
  bool at(const RecordedRequest& request, std::uint64_t identity,
          std::chrono::steady_clock::duration age);
  bool at_connection(int number, std::chrono::steady_clock::duration age);

 private:
  bool strikes(int number, std::uint64_t identity, std::chrono::steady_clock::duration age);

  const When when_;
  const std::uint64_t seed_;
  int seen_ = 0;
  int struck_ = 0;
};

bool is_route(std::string_view route, std::string_view method, std::string_view target);

/// The rules of one server, and its idempotency keys. Thread safety: none.
class Rules {
 public:
  Rules(std::uint64_t seed, std::string id_header)
      : seed_(seed), id_header_(std::move(id_header)) {}

  void add(When when, std::function<void(Reply&)> change);
  /// Notes the request's id, and lets the rules change its reply.
  void apply(RecordedRequest& request, Reply& reply);

  void add_accept(When when, FaultServer::OnAccept what);
  FaultServer::OnAccept accept(int connection);

 private:
  struct Rule {
    Strikes strikes;
    std::function<void(Reply&)> change;
  };
  struct AcceptRule {
    Strikes strikes;
    FaultServer::OnAccept what;
  };
  std::chrono::steady_clock::duration age() const {
    return std::chrono::steady_clock::now() - born_;
  }

  const std::uint64_t seed_;
  const std::string id_header_;
  const std::chrono::steady_clock::time_point born_ = std::chrono::steady_clock::now();
  std::vector<Rule> rules_;
  std::vector<AcceptRule> accept_rules_;
  std::unordered_map<std::uint64_t, std::uint32_t> came_;  // by the hash of an id
  std::uint64_t requests_ = 0;
};

/// The idempotency keys that one server has seen. Thread safety: none.
class Keys {
 public:
  explicit Keys(KeyRules rules) : rules_(std::move(rules)) {}
  /// Decides whether a complete request whose reply acts has its effect, and what it is answered.
  void judge(RecordedRequest& request, Reply& reply);

 private:
  struct Entry {
    Reply answer;
    std::string body;
    int later = 0;  // requests after the first
    std::chrono::steady_clock::time_point first;
  };
  const KeyRules rules_;
  std::map<std::string, Entry> known_;
};

}  // namespace testing
}  // namespace v0
}  // namespace redial

#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <redial/config.hpp>
#include <redial/testing/fake_clock.hpp>
#include <redial/testing/match.hpp>
#include <redial/testing/rule.hpp>
#include <redial/testing/scripted.hpp>
#include <redial/testing/sent_request.hpp>
#include <redial/transport/transport.hpp>

namespace redial {
inline namespace v0 {
namespace testing {

/// A request that nothing in the script answers; `what` lists the nearest rules and why each did
/// not match. A test's own mistake, so it is no redial::Error and leaves the call as it is.
class REDIAL_EXPORT UnmatchedRequest : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

/// A transport without a network: attempts come to what the script says, in no time but the fake
/// clock's. The real session, policy and driver run in front of it: what is tested is what ships.
///
/// A request is answered by the rule made last among those that match (so that a test overrides
/// what its fixture set up), else by the queue of `then`, else by `otherwise`; else it throws
/// UnmatchedRequest out of the call. A wait that nothing could end throws std::logic_error. For
/// real traffic beside it mount the transport under the prefixes that are scripted only.
///
/// Thread safety: safe, though order over threads is theirs.
class REDIAL_EXPORT ScriptedTransport final : public Transport {
 public:
  explicit ScriptedTransport(std::shared_ptr<FakeClock> clock = std::make_shared<FakeClock>());
  ScriptedTransport(const ScriptedTransport&) = delete;
  ScriptedTransport& operator=(const ScriptedTransport&) = delete;
  ~ScriptedTransport() override;

  /// A new rule for the requests that `match` means: `on("GET /users").answer(503).answer(200)`.
  Rule& on(Match match);
  /// The next request that no rule takes.
  ScriptedTransport& then(Scripted attempt);
  /// Answers what nothing else does.
  ScriptedTransport& otherwise(Rule::Compute answer);
  /// Sees every scripted attempt before it happens, and may change it: latency for all, a damaged
  /// answer.
  ScriptedTransport& edit_answers(std::function<void(const SentRequest&, Scripted&)> edit);
  /// From now on every answer of every rule is given once, in the order in which the rules were
  /// made; a request that is not the next one is unmatched.
  ScriptedTransport& in_order();

  /// Every request, oldest first.
  std::vector<SentRequest> requests() const;
  std::vector<SentRequest> requests(const Match& match) const;
  std::size_t count() const { return requests().size(); }
  std::size_t count(const Match& match) const { return requests(match).size(); }
  bool called() const { return count() > 0; }
  bool called_once() const { return count() == 1; }
  std::optional<SentRequest> last_request() const;
  /// Forgets the requests, those of the rules too; answers given stay given.
  void forget_requests();
  /// Attempts queued by `then` that were not asked for.
  std::size_t left() const;
  /// What does not agree with the script, a sentence each: requests that were not in it (also when
  /// the code under test swallowed the exception), and answers that were never given.
  std::vector<std::string> problems() const;

  FakeClock& clock() { return *clock_; }
  const FakeClock& clock() const { return *clock_; }

  std::shared_ptr<EventLoop> lease() override;
  void start(EventLoop& loop, Exchange& exchange) override;
  void cancel(EventLoop& loop, Exchange& exchange) override;

 private:
  struct Script;
  Rule::Compute choose(const SentRequest& request, std::size_t& number);

  std::shared_ptr<FakeClock> clock_;
  std::unique_ptr<Script> script_;
};

}  // namespace testing
}  // namespace v0
}  // namespace redial

#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <redial/config.hpp>
#include <redial/http/headers.hpp>
#include <redial/http/url.hpp>
#include <redial/policy/outcome.hpp>
#include <redial/testing/fake_clock.hpp>
#include <redial/transport/transport.hpp>

namespace redial {
inline namespace v0 {
namespace testing {

/// What one attempt will come to. Default: answered 200 without a body, at once.
struct REDIAL_EXPORT Scripted {
  int status = 200;  ///< of the answer; ignored when `fault` says there is none
  Headers headers = {};
  std::string body = {};
  Fault fault = Fault::none;                ///< what goes wrong instead, or in the body
  Evidence evidence = Evidence::responded;  ///< what a fault proves; `failing` picks the usual one
  Duration takes = Duration::zero();        ///< from start to outcome, on the fake clock
  bool connection_reused = false;
  bool never_ends = false;  ///< only a limit or a cancellation ends it, with `evidence`

  static Scripted answer(int status, Headers headers = {}, std::string body = {});
  /// `fault` with the evidence that a real transport would have.
  static Scripted failing(Fault fault);
};

/// What a scripted transport was asked to send.
struct SentRequest {
  std::string method;
  Url url;
  Headers headers;
  std::string body;
  bool chunked = false;  ///< its length was not known beforehand
  bool fresh_connection = false;
  AttemptLimits limits;
  Duration at{};  ///< on the fake clock
};

/// A transport without a network: attempts come to what the script says, in order, in no time but
/// the fake clock's. The real session, policy and driver run in front of it: what is tested is what
/// ships.
///
/// An attempt beyond the script, and a wait that nothing could end, throw std::logic_error out of
/// the call. Thread safety: safe, though order over threads is theirs.
class REDIAL_EXPORT ScriptedTransport final : public Transport {
 public:
  explicit ScriptedTransport(std::shared_ptr<FakeClock> clock = std::make_shared<FakeClock>());
  ~ScriptedTransport() override;

  ScriptedTransport& then(Scripted attempt);
  /// Answers when the script is used up, instead of throwing.
  ScriptedTransport& otherwise(std::function<Scripted(const SentRequest&)> answer);

  std::vector<SentRequest> requests() const;
  FakeClock& clock() { return *clock_; }
  /// Scripted attempts that were not asked for.
  std::size_t left() const;

  std::shared_ptr<EventLoop> lease() override;
  void start(EventLoop& loop, Exchange& exchange) override;
  void cancel(EventLoop& loop, Exchange& exchange) override;

 private:
  class Loop;
  Scripted take(const SentRequest& request);

  std::shared_ptr<FakeClock> clock_;
  mutable std::mutex mutex_;
  std::deque<Scripted> script_;
  std::function<Scripted(const SentRequest&)> otherwise_;
  std::vector<SentRequest> requests_;
};

}  // namespace testing
}  // namespace v0
}  // namespace redial

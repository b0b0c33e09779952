#include "session/drive.hpp"

#include <gtest/gtest.h>

#include <redial/testing/scripted_transport.hpp>

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::Scripted;
using redial::testing::ScriptedTransport;

// Two overlapping attempts through the unmodified driver: the seam that hedging will use.
class TwoAttempts final : public StepSource {
 public:
  Step next(Now) override {
    if (sent_ < 2) return {.kind = Step::Kind::send, .attempt = ++sent_};
    if (reported.empty()) return {.kind = Step::Kind::wait};
    if (reported.size() == 1 && !cancelled_) {
      cancelled_ = true;
      return {.kind = Step::Kind::cancel, .attempt = 3 - reported[0].attempt};
    }
    return {.kind = reported.size() < 2 ? Step::Kind::wait : Step::Kind::finish};
  }
  void report(const Outcome& outcome, Now) override { reported.push_back(outcome); }
  void cancel(Now) override {}
  void abandon(StopReason, Now) override {}
  std::vector<Outcome> reported;

 private:
  int sent_ = 0;
  bool cancelled_ = false;
};

class BareAttempt final : public detail::Attempt {
 public:
  explicit BareAttempt(int& alive) : alive_(alive) { ++alive_; }
  BareAttempt(const BareAttempt&) = delete;
  BareAttempt& operator=(const BareAttempt&) = delete;
  ~BareAttempt() override { --alive_; }
  Sink* head(ReceivedResponse&) override { return nullptr; }
  void finished(Outcome result) override { outcome = std::move(result); }

 private:
  int& alive_;
};

class BareHost final : public detail::DriveHost {
 public:
  explicit BareHost(ScriptedTransport& transport)
      : transport_(transport), loop_(transport.lease()) {}
  std::unique_ptr<detail::Attempt> make_attempt() override {
    return std::make_unique<BareAttempt>(attempts);
  }
  std::optional<StopReason> prepare(detail::Attempt& attempt) override {
    attempt.method = "GET";
    attempt.url = &url_;
    attempt.headers = &headers_;
    attempt.body = &body_;
    attempt.tls = &tls_;
    return std::nullopt;
  }
  void judge(detail::Attempt&, Outcome&) override {}
  void settle(detail::Attempt&) override {}
  Transport& transport() override { return transport_; }
  EventLoop& loop() override { return *loop_; }
  int attempts = 0;  ///< that are there

 private:
  ScriptedTransport& transport_;
  std::shared_ptr<EventLoop> loop_;
  Url url_{"http://a.test/"};
  Headers headers_;
  Body body_;
  TlsOptions tls_;
};

TEST(Drive, CarriesTwoOverlappingAttempts) {
  ScriptedTransport transport;
  Scripted slow = Scripted::answer(200);
  slow.takes = 10s;
  Scripted quick = Scripted::answer(200);
  quick.takes = 1s;
  transport.then(slow).then(quick);
  TwoAttempts call;
  BareHost host(transport);
  detail::Drive drive(call, host, {});
  while (const auto until = drive.advance()) host.loop().run(*until);
  ASSERT_EQ(call.reported.size(), 2U);
  EXPECT_EQ(call.reported[0].attempt, 2);
  EXPECT_EQ(call.reported[1].fault, Fault::cancelled);
  EXPECT_EQ(transport.clock().elapsed(), 1s);
}

// With a wait of ten seconds before the second.
class OneAfterTheOther final : public StepSource {
 public:
  Step next(Now now) override {
    if (reported == 1 && resume_at_ == SteadyTime::max()) resume_at_ = now.steady + 10s;
    if (reported == 1 && now.steady < resume_at_)
      return {.kind = Step::Kind::wait, .until = resume_at_, .pause = true};
    if (sent_ == reported && sent_ < 2) return {.kind = Step::Kind::send, .attempt = ++sent_};
    return {.kind = reported < 2 ? Step::Kind::wait : Step::Kind::finish};
  }
  void report(const Outcome&, Now) override { ++reported; }
  void cancel(Now) override {}
  void abandon(StopReason, Now) override {}
  int reported = 0;

 private:
  int sent_ = 0;
  SteadyTime resume_at_ = SteadyTime::max();
};

// An attempt object is an exchange, its answer and its buffers.
TEST(Drive, HoldsNoAttemptWhileItWaitsForTheNext) {
  ScriptedTransport transport;
  Scripted answer = Scripted::answer(503);
  answer.takes = 1s;
  transport.then(answer).then(answer);
  OneAfterTheOther call;
  BareHost host(transport);
  detail::Drive drive(call, host, {});
  std::vector<int> held;
  while (const auto until = drive.advance()) {
    held.push_back(host.attempts);
    host.loop().run(*until);
  }
  EXPECT_EQ(call.reported, 2);
  EXPECT_EQ(held, (std::vector<int>{1, 0, 1})) << "under way, waiting, under way";
}

}  // namespace

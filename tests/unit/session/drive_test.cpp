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
  Sink* head(ReceivedResponse&) override { return nullptr; }
  void finished(Outcome result) override { outcome = std::move(result); }
};

class BareHost final : public detail::DriveHost {
 public:
  explicit BareHost(ScriptedTransport& transport)
      : transport_(transport), loop_(transport.lease()) {}
  std::unique_ptr<detail::Attempt> make_attempt() override {
    return std::make_unique<BareAttempt>();
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

}  // namespace

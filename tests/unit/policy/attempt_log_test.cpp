#include <redial/policy/attempt_log.hpp>

#include <gtest/gtest.h>

#include <redial/policy/call.hpp>

namespace {

using namespace redial;
using namespace std::chrono_literals;

// Whoever needs more for every attempt of every call has a reason, and puts it here.
static_assert(sizeof(AttemptRecord) <= 64, "a cache line");
static_assert(sizeof(Call) <= 400);

TEST(AttemptLog, ReportsWhatWasNotedOfEachAttempt) {
  AttemptLog log;
  AttemptRecord& first = log.add();
  first.status = 503;
  first.evidence = Evidence::responded;
  first.retry_after = 7s;
  first.asked_by = Signal::rate_limit;
  first.decision = Decision::retry;
  first.cause = Cause::status;
  first.started = 1ms;
  first.elapsed = 2ms;
  first.wait = 8s;
  first.held = 3ms;
  first.connection_reused = true;
  AttemptRecord& second = log.add();
  second.fault = Fault::reset;
  second.hop = 2;
  second.body = BodyVerdict::cut;
  second.seldom = std::make_unique<AttemptRecord::Seldom>(
      AttemptRecord::Seldom{.resumed_at = 9, .os_error = 104, .detail = "reset"});
  log.add();
  ASSERT_EQ(log.size(), 3);

  const AttemptReport one = log.report(1);
  EXPECT_EQ(one.number, 1);
  EXPECT_EQ(one.hop, 0);
  EXPECT_EQ(one.status, 503);
  EXPECT_EQ(one.evidence, Evidence::responded);
  EXPECT_EQ(one.retry_after, 7s);
  EXPECT_EQ(one.asked_by, Signal::rate_limit);
  EXPECT_EQ(one.decision, Decision::retry);
  EXPECT_EQ(one.cause, Cause::status);
  EXPECT_EQ(one.started, 1ms);
  EXPECT_EQ(one.elapsed, 2ms);
  EXPECT_EQ(one.wait, 8s);
  EXPECT_EQ(one.held, 3ms);
  EXPECT_TRUE(one.connection_reused);
  EXPECT_EQ(one.detail, "");
  const AttemptReport two = log.report(2);
  EXPECT_EQ(two.number, 2);
  EXPECT_EQ(two.hop, 2);
  EXPECT_EQ(two.fault, Fault::reset);
  EXPECT_EQ(two.body, BodyVerdict::cut);
  EXPECT_EQ(two.resumed_at, 9U);
  EXPECT_EQ(two.os_error, 104);
  EXPECT_EQ(two.detail, "reset");
  EXPECT_EQ(two.retry_after, std::nullopt);
  EXPECT_EQ(log.report(3).number, 3);
}

TEST(AttemptLog, WhatIsDroppedLeavesNothingToTheNext) {
  AttemptLog log;
  log.add().status = 500;
  log.drop_last();
  EXPECT_EQ(log.size(), 0);
  EXPECT_EQ(log.add().status, 0);
  log.add().status = 502;
  log.drop_last();
  EXPECT_EQ(log.last().status, 0) << "the first again";
}

}  // namespace

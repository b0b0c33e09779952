#include "in_order.hpp"

#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace redial::cli;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Fixture {
  void end(std::uint64_t seq, std::string text = "line") {
    EndedJob ended;
    ended.job.seq = seq;
    ended.result = std::move(text);
    order.add(std::move(ended));
  }
  std::vector<std::uint64_t> given;
  bool full = false;
  InOrder order{[this](const EndedJob& ended) {
    if (full) throw std::runtime_error("no space");
    given.push_back(ended.job.seq);
  }};
};

TEST(InOrder, GivesEachResultOnceItsForerunnersAreOver) {
  Fixture fixture;
  fixture.end(2);
  fixture.end(1);
  EXPECT_THAT(fixture.given, IsEmpty());
  EXPECT_EQ(fixture.order.size(), 2U);
  fixture.end(0);
  EXPECT_THAT(fixture.given, ElementsAre(0, 1, 2));
  fixture.end(4);
  fixture.end(3);
  EXPECT_THAT(fixture.given, ElementsAre(0, 1, 2, 3, 4));
  EXPECT_EQ(fixture.order.size(), 0U);
}

TEST(InOrder, FinishesOverTheGapsOfJobsThatNeverBegan) {
  Fixture fixture;
  fixture.end(5);
  fixture.end(2);
  fixture.order.finish();
  EXPECT_THAT(fixture.given, ElementsAre(2, 5));
}

TEST(InOrder, WithTooMuchHeldOnlyTheJobThatAllWaitForMayStart) {
  Fixture many;
  for (std::uint64_t seq = 1; seq < InOrder::k_most_jobs; ++seq) many.end(seq);
  EXPECT_TRUE(many.order.may_start(InOrder::k_most_jobs));
  many.end(InOrder::k_most_jobs);
  EXPECT_FALSE(many.order.may_start(InOrder::k_most_jobs + 1));
  EXPECT_TRUE(many.order.may_start(0)) << "else nothing would ever move again";
  many.end(0);
  EXPECT_TRUE(many.order.may_start(InOrder::k_most_jobs + 1));

  Fixture large;
  large.end(1, std::string(InOrder::k_most_bytes, 'x'));
  EXPECT_FALSE(large.order.may_start(2));
  large.end(0);
  EXPECT_TRUE(large.order.may_start(2));
}

TEST(InOrder, WhatCouldNotBeWrittenIsStillHeld) {
  Fixture fixture;
  fixture.end(1);
  fixture.full = true;
  EXPECT_THROW(fixture.end(0), std::runtime_error);
  ASSERT_EQ(fixture.order.held().size(), 2U);
  EXPECT_EQ(fixture.order.held()[0]->seq, 0U);
  EXPECT_EQ(fixture.order.held()[1]->seq, 1U);
}

}  // namespace

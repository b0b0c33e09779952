#include "log_histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace {

using redial::cli::LogHistogram;

TEST(LogHistogram, QuantilesAreWithinOnePercentOfTheSortedValues) {
  std::mt19937_64 random(1);
  std::lognormal_distribution<double> spans(-3, 1.5);
  LogHistogram histogram;
  std::vector<double> values(50'000);
  for (double& value : values) histogram.add(value = spans(random));
  std::sort(values.begin(), values.end());
  for (const double q : {0.0, 0.01, 0.5, 0.9, 0.99, 0.9999, 1.0}) {
    const auto rank = std::max(1.0, std::ceil(q * static_cast<double>(values.size())));
    const double exact = values[static_cast<std::size_t>(rank) - 1];
    EXPECT_NEAR(histogram.quantile(q), exact, exact * 0.0101) << q;
  }
  EXPECT_EQ(histogram.largest(), values.back());
}

TEST(LogHistogram, WhatIsOutsideItsRangeCountsAsTheNearest) {
  LogHistogram histogram;
  EXPECT_EQ(histogram.quantile(0.5), 0);
  histogram.add(0);
  EXPECT_LE(histogram.quantile(0.5), 1e-6);
  histogram.add(1e12);
  EXPECT_NEAR(histogram.quantile(1), 1e9, 2e7);
  EXPECT_EQ(histogram.count(), 2U);
}

TEST(LogHistogram, MergedIsAsIfAllWereAddedToOne) {
  LogHistogram one, other, both;
  for (int i = 1; i <= 100; ++i) {
    (i % 3 == 0 ? one : other).add(i);
    both.add(i);
  }
  LogHistogram merged;
  merged.merge(one);
  merged.merge(other);
  for (const double q : {0.1, 0.5, 0.9}) EXPECT_EQ(merged.quantile(q), both.quantile(q));
  EXPECT_EQ(merged.largest(), 100);
}

}  // namespace

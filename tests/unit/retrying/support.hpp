#pragma once

#include <memory>

#include <redial/retrying/retrying.hpp>
#include <redial/testing/fake_clock.hpp>

namespace retrying_tests {

/// Options for a test: no jitter, a clock of its own, waits of 1, 2, 4 … seconds.
inline redial::RetryOptions on(
    redial::RetryCondition condition,
    std::shared_ptr<redial::Clock> clock = std::make_shared<redial::testing::FakeClock>()) {
  redial::RetryOptions options{.retry_if = std::move(condition),
                               .wait = redial::wait::exponential()};
  options.clock = std::move(clock);
  options.draw = redial::Uniform::always(0.5);
  return options;
}

}  // namespace retrying_tests

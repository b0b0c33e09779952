#include <redial/policy/evidence.hpp>

#include <set>

#include <gtest/gtest.h>

namespace {

using namespace redial;

constexpr int k_last = static_cast<int>(Fault::cancelled);

TEST(Evidence, EveryFaultHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (int i = 0; i <= k_last; ++i) names.insert(to_string(static_cast<Fault>(i)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(k_last) + 1);
  EXPECT_EQ(to_string(Fault::none), "none");
  EXPECT_EQ(to_string(Fault::proxy_refused), "proxy_refused");
  EXPECT_EQ(to_string(Fault::tls_alert_late), "tls_alert_late");
  EXPECT_EQ(to_string(Fault::cancelled), "cancelled");
}

TEST(Evidence, FaultsSpendTheCounterOfTheirPhase) {
  EXPECT_EQ(cause_of(Fault::connect_refused), Cause::connect);
  EXPECT_EQ(cause_of(Fault::dns_not_found), Cause::connect);
  EXPECT_EQ(cause_of(Fault::tls_handshake), Cause::other);
  EXPECT_EQ(cause_of(Fault::reset), Cause::read);
  EXPECT_EQ(cause_of(Fault::attempt_timeout), Cause::read);
  EXPECT_EQ(cause_of(Fault::body_cut), Cause::body);
  EXPECT_EQ(cause_of(Fault::deadline), Cause::none);
}

TEST(Evidence, WhatIsPermanentAndWhatIsWorthOneMoreTry) {
  std::set<Fault> never, once;
  for (int i = 0; i <= k_last; ++i) {
    const auto fault = static_cast<Fault>(i);
    if (persistence_of(fault) == Persistence::never) never.insert(fault);
    if (persistence_of(fault) == Persistence::once) once.insert(fault);
  }
  EXPECT_EQ(never,
            (std::set<Fault>{Fault::tls_certificate, Fault::tls_hostname, Fault::proxy_denied,
                             Fault::invalid_request, Fault::local_failure, Fault::upload_failed,
                             Fault::body_too_large, Fault::sink_failed}));
  EXPECT_EQ(once, (std::set<Fault>{Fault::dns_not_found, Fault::tls_alert, Fault::tls_not_tls,
                                   Fault::tls_alert_late}));
}

TEST(Evidence, WordsOfTheReport) {
  EXPECT_EQ(to_string(Evidence::not_sent), "not_sent");
  EXPECT_EQ(to_string(Evidence::refused), "refused");
  EXPECT_EQ(to_string(Evidence::maybe), "maybe");
  EXPECT_EQ(to_string(Evidence::responded), "responded");
  EXPECT_EQ(to_string(BodyVerdict::sink_failed), "sink_failed");
  EXPECT_EQ(to_string(Cause::other), "other");
}

}  // namespace

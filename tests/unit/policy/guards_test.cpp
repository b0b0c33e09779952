#include <redial/policy/guards.hpp>

#include <map>

#include <gtest/gtest.h>

#include <redial/policy/call.hpp>
#include <redial/policy/host_gate.hpp>
#include <redial/policy/rate_limiter.hpp>

namespace {

using namespace redial;
using namespace std::chrono_literals;

Now at(Duration time) {
  return {.steady = SteadyTime{} + 100s + time, .wall = WallTime{} + 1000h + time};
}

AttemptContext to(std::string_view host, double draw = 0) {
  return {.scheme = "https", .host = host, .port = 443, .draw = draw};
}

Outcome answered(int status, std::optional<Duration> hint = std::nullopt) {
  return {.evidence = Evidence::responded, .status = status, .retry_after = hint};
}

// Answers as it is told to, and checks that what it gives out comes back once.
class Scripted final : public Guard {
 public:
  Admission admit(const AttemptContext& context, Now) noexcept override {
    seen = context.reservation;
    if (context.reservation != 0) out.erase(context.reservation);
    Admission admission = next;
    if (admission.kind != Admission::Kind::refuse && numbered) {
      admission.permit = ++last;
      out[last] = admission.kind;
    }
    return admission;
  }
  void end(const AttemptContext&, std::uint64_t permit, const Outcome* outcome,
           Now) noexcept override {
    if (numbered) {
      EXPECT_EQ(out.erase(permit), 1U);
    }
    ++ended;
    with_outcome += outcome != nullptr;
  }
  Admission next;
  bool numbered = true;
  std::uint64_t seen = 0, last = 0;
  int ended = 0, with_outcome = 0;
  std::map<std::uint64_t, Admission::Kind> out;
};

struct Pair {
  std::shared_ptr<Scripted> first = std::make_shared<Scripted>();
  std::shared_ptr<Scripted> second = std::make_shared<Scripted>();
  std::shared_ptr<Guard> both = Guards::all({first, nullptr, second});
};

const Admission k_until{.kind = Admission::Kind::until, .at = at(5s).steady, .reason = "x"};

TEST(Guards, NoneOneAndSeveral) {
  EXPECT_EQ(Guards::all({nullptr}), nullptr);
  const auto one = std::make_shared<Scripted>();
  EXPECT_EQ(Guards::all({nullptr, one}), one);
}

TEST(Guards, AllLetItStartAndAllHearOfTheOutcome) {
  Pair pair;
  const Admission admission = pair.both->admit(to("a.test"), at(0s));
  EXPECT_EQ(admission.kind, Admission::Kind::go);
  const Outcome outcome = answered(200);
  pair.both->end(to("a.test"), admission.permit, &outcome, at(1s));
  for (const auto& guard : {pair.first, pair.second}) {
    EXPECT_TRUE(guard->out.empty());
    EXPECT_EQ(guard->with_outcome, 1);
  }
}

TEST(Guards, WithoutPermitsTheyHearOfTheOutcomeToo) {
  Pair pair;
  pair.first->numbered = pair.second->numbered = false;
  const Admission admission = pair.both->admit(to("a.test"), at(0s));
  EXPECT_EQ(admission.permit, 0U);
  const Outcome outcome = answered(200);
  pair.both->end(to("a.test"), admission.permit, &outcome, at(1s));
  EXPECT_EQ(pair.first->with_outcome + pair.second->with_outcome, 2);
}

TEST(Guards, WhatWasGrantedBeforeAHoldIsGivenBackAndTheReservationKept) {
  Pair pair;
  pair.second->next = k_until;
  AttemptContext context = to("a.test");
  const Admission held = pair.both->admit(context, at(0s));
  EXPECT_EQ(held.kind, Admission::Kind::until);
  EXPECT_EQ(held.reason, "x");
  EXPECT_TRUE(pair.first->out.empty());
  EXPECT_EQ(pair.second->out.size(), 1U);

  context.reservation = held.permit;
  pair.second->next = {};
  const Admission admission = pair.both->admit(context, at(5s));
  EXPECT_EQ(admission.kind, Admission::Kind::go);
  EXPECT_EQ(pair.first->seen, 0U);
  EXPECT_EQ(pair.second->seen, 1U);
  pair.both->end(context, admission.permit, nullptr, at(5s));
  EXPECT_TRUE(pair.first->out.empty() && pair.second->out.empty());
}

TEST(Guards, AReservationOfALaterGuardOutlastsTheHoldOfAnEarlierOne) {
  Pair pair;
  pair.second->next = k_until;
  AttemptContext context = to("a.test");
  context.reservation = pair.both->admit(context, at(0s)).permit;
  pair.first->next = k_until;
  context.reservation = pair.both->admit(context, at(5s)).permit;
  EXPECT_EQ(pair.second->out.count(1), 1U);
  pair.both->end(context, context.reservation, nullptr, at(6s));  // it goes away
  EXPECT_TRUE(pair.first->out.empty() && pair.second->out.empty());
}

TEST(Guards, ARefusalGivesEverythingBack) {
  Pair pair;
  pair.second->next = k_until;
  AttemptContext context = to("a.test");
  context.reservation = pair.both->admit(context, at(0s)).permit;
  pair.first->next = {.kind = Admission::Kind::refuse, .reason = "open"};
  EXPECT_EQ(pair.both->admit(context, at(5s)).kind, Admission::Kind::refuse);
  EXPECT_TRUE(pair.first->out.empty() && pair.second->out.empty());
}

TEST(HostGate, AHintHoldsEveryCallToTheHost) {
  HostGate gate;
  for (const int status : {429, 503}) {
    const std::string host = std::to_string(status);
    const Outcome told = answered(status, 7s);
    gate.end(to(host), 0, &told, at(0s));
    const Admission held = gate.admit(to(host), at(1s));
    ASSERT_EQ(held.kind, Admission::Kind::until) << status;
    EXPECT_EQ(held.at, at(7s).steady);
    EXPECT_EQ(held.retry_at, at(7s).wall);
    EXPECT_EQ(gate.admit(to(host), at(7s)).kind, Admission::Kind::go);
    EXPECT_EQ(gate.admit(to("other.test"), at(1s)).kind, Admission::Kind::go);
  }
}

TEST(HostGate, OtherPortsAndSchemesAreOtherHosts) {
  HostGate gate;
  const Outcome told = answered(429, 7s);
  gate.end(to("a.test"), 0, &told, at(0s));
  AttemptContext other = to("a.test");
  other.port = 8443;
  EXPECT_EQ(gate.admit(other, at(1s)).kind, Admission::Kind::go);
  other = to("a.test");
  other.scheme = "http";
  EXPECT_EQ(gate.admit(other, at(1s)).kind, Admission::Kind::go);
}

TEST(HostGate, SpreadsUpwardByTheCallersDraw) {
  HostGate gate;
  const Outcome told = answered(429, 7s);
  gate.end(to("a.test"), 0, &told, at(0s));
  EXPECT_EQ(gate.admit(to("a.test", 0.5), at(1s)).at, at(7s + 350ms).steady);
  const Outcome longer = answered(429, 100s);
  gate.end(to("a.test"), 0, &longer, at(1s));
  EXPECT_EQ(gate.admit(to("a.test", 0.5), at(2s)).at, at(101s + 500ms).steady);
}

TEST(HostGate, OnlyAnAnswerThatSpeaksForTheHostCloses) {
  HostGate gate;
  for (const Outcome& outcome : {answered(429), answered(200, 7s), answered(302, 7s),
                                 answered(500, 7s), answered(413, 7s), answered(429, 0s)}) {
    gate.end(to("a.test"), 0, &outcome, at(0s));
    EXPECT_EQ(gate.admit(to("a.test"), at(0s)).kind, Admission::Kind::go) << outcome.status;
  }
  gate.end(to("a.test"), 0, nullptr, at(0s));
  EXPECT_EQ(gate.admit(to("a.test"), at(0s)).kind, Admission::Kind::go);
}

TEST(HostGate, APauseIsNoLongerThanThePolicyAllowsAndNeverShortened) {
  HostGate gate;
  AttemptContext patient = to("a.test");
  patient.longest_pause = 60s;
  const Outcome hours = answered(503, 5h);
  gate.end(patient, 0, &hours, at(0s));
  EXPECT_EQ(gate.admit(patient, at(1s)).at, at(60s).steady);
  const Outcome seconds = answered(503, 5s);
  gate.end(patient, 0, &seconds, at(2s));
  EXPECT_EQ(gate.admit(patient, at(3s)).at, at(60s).steady);
}

TEST(HostGate, WhoDoesNotObeyServersNeitherClosesNorWaits) {
  HostGate gate;
  AttemptContext deaf = to("a.test");
  deaf.longest_pause = 0s;
  const Outcome told = answered(429, 7s);
  gate.end(deaf, 0, &told, at(0s));
  EXPECT_EQ(gate.admit(to("a.test"), at(1s)).kind, Admission::Kind::go);
  gate.end(to("a.test"), 0, &told, at(0s));
  EXPECT_EQ(gate.admit(deaf, at(1s)).kind, Admission::Kind::go);
}

TEST(HostGate, RemembersABoundedNumberOfHosts) {
  HostGate gate;
  const Outcome told = answered(429, 7s);
  const Outcome longer = answered(429, 8s);
  gate.end(to("first"), 0, &told, at(0s));
  for (std::size_t i = 0; i < HostGate::k_most_hosts; ++i)
    gate.end(to(std::to_string(i)), 0, &longer, at(0s));
  EXPECT_EQ(gate.admit(to("first"), at(1s)).kind, Admission::Kind::go);  // it gave way
  EXPECT_EQ(gate.admit(to("0"), at(1s)).kind, Admission::Kind::until);
}

TEST(HostGate, ACallWhoseDeadlineComesFirstEndsAtOnceAsLater) {
  const auto gate = std::make_shared<HostGate>();
  const Outcome told = answered(429, 70s);
  gate->end(to("a.test"), 0, &told, at(0s));
  const Policy policy({}, {}, {}, gate);
  const CallTraits traits{.scheme = "https", .host = "a.test", .port = 443};
  Call call(policy, traits, at(1s), Uniform(1));
  EXPECT_EQ(call.next(at(1s)).kind, Step::Kind::finish);
  const CallReport report = call.make_report();
  EXPECT_EQ(report.outcome, CallOutcome::later);
  EXPECT_EQ(report.stop_reason, StopReason::retry_after_too_long);
  EXPECT_EQ(report.retry_at, at(70s).wall);
  EXPECT_EQ(report.resend, Resend::safe);
  EXPECT_EQ(report.held_by, "the host asked for a pause");

  Call patient(policy, traits, at(60s), Uniform(1));
  EXPECT_EQ(patient.next(at(60s)).kind, Step::Kind::wait);
}

// The gate first: a place in the line is not spent while the host is closed.
TEST(Guards, AGateAndALimiter) {
  const auto gate = std::make_shared<HostGate>();
  const auto limiter = std::make_shared<RateLimiter>(RateLimit{.rate = {1, 1s}, .burst = 1});
  const auto both = Guards::all({gate, limiter});
  const Outcome told = answered(429, 10s);
  const Admission first = both->admit(to("a.test"), at(0s));
  AttemptContext waits = to("a.test");
  waits.reservation = both->admit(waits, at(0s)).permit;
  both->end(to("a.test"), first.permit, &told, at(0s));
  const Admission closed = both->admit(waits, at(1s));
  EXPECT_EQ(closed.at, at(10s).steady);
  waits.reservation = closed.permit;
  EXPECT_EQ(both->admit(waits, at(10s)).kind, Admission::Kind::go);
  EXPECT_EQ(both->admit(to("a.test"), at(10s)).at, at(11s).steady);
  EXPECT_EQ(both->describe(), "at most 1/s to each host, 1 at once");
}

}  // namespace

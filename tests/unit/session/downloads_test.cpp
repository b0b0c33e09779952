// Downloads to a sink that can go on where an attempt broke off, and the ways a server can spoil
// it.

#include <gtest/gtest.h>

#include <redial/redial.hpp>
#include <redial/testing/scripted_transport.hpp>

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::Scripted;
using redial::testing::ScriptedTransport;
using redial::testing::SentRequest;

constexpr const char* k_text = "0123456789";
// Of k_text, by Python's hashlib.
constexpr const char* k_digest = "sha-256=:hNiYd/DUBB77a/kaFvAkjy/Vc+avBcGflr7bn4gveII=:";
constexpr const char* k_other = "sha-256=:Ryu+g2Fuk9PAmnkQOuR9j3Hj01qWbW6LIvdDIY0EFx0=:";

class Store final : public BodySink {
 public:
  void begin(const Response&) override {
    ++begun;
    held.clear();
  }
  void write(std::string_view piece) override { held += piece; }
  void commit() override { stored = held; }
  void abandon() noexcept override {
    ++abandoned;
    held.clear();
  }
  bool can_continue() const noexcept override { return continues; }

  std::string held;
  std::optional<std::string> stored;
  int begun = 0, abandoned = 0;
  bool continues = true;
};

class Downloads : public ::testing::Test {
 protected:
  Downloads() { session.mount("http://", {.transport = transport}); }

  static Headers fields(Headers more = {}) {
    Headers headers{{"ETag", "\"v1\""}, {"Content-Length", "10"}};
    for (const auto& field : more) headers.set(field.name, field.value);
    return headers;
  }
  static Headers part_fields(Headers more = {}) {
    Headers headers{{"ETag", "\"v1\""}, {"Content-Range", "bytes 4-9/10"}, {"Content-Length", "6"}};
    for (const auto& field : more) headers.set(field.name, field.value);
    return headers;
  }
  static Scripted cut(Headers headers = fields()) {
    Scripted attempt = Scripted::cut_body(200, "0123");
    attempt.headers = std::move(headers);
    return attempt;
  }
  static Scripted whole(Headers headers = fields()) {
    return Scripted::answer(200, std::move(headers), k_text);
  }
  static Scripted rest(Headers headers = part_fields()) {
    return Scripted::answer(206, std::move(headers), "456789");
  }
  Result<Response> get(RequestOptions options = {}) {
    options.sink = &store;
    return session.try_get("http://a.test/f", std::move(options));
  }
  SentRequest sent(std::size_t index) const { return transport->requests().at(index); }
  static const CallReport& report(const Result<Response>& result) {
    return result ? result->report() : result.error().report();
  }

  std::shared_ptr<ScriptedTransport> transport = std::make_shared<ScriptedTransport>();
  Store store;
  Session session;
};

TEST_F(Downloads, AreGoneOnWithAfterACutBody) {
  transport->then(cut()).then(rest());
  const auto result = get();
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->report().outcome, CallOutcome::ok);
  EXPECT_EQ(store.stored, k_text);
  EXPECT_EQ(store.begun, 1);
  EXPECT_EQ(store.abandoned, 0);
  EXPECT_FALSE(sent(0).header("Range").has_value());
  EXPECT_EQ(sent(0).header("Accept-Encoding"), "identity");
  EXPECT_EQ(sent(1).header("Range"), "bytes=4-");
  EXPECT_EQ(sent(1).header("If-Range"), "\"v1\"");
}

TEST_F(Downloads, TellInTheReportWhereTheyWentOn) {
  transport->then(cut()).then(rest());
  const auto result = get();
  const CallReport& told = report(result);
  EXPECT_EQ(told.attempts.at(0).resumed_at, 0U);
  EXPECT_EQ(told.attempts.at(1).resumed_at, 4U);
  EXPECT_NE(told.text().find("resumed at 4"), std::string::npos) << told.text();
  EXPECT_NE(told.json().find("\"resumed_at\":4"), std::string::npos) << told.json();
}

TEST_F(Downloads, SpendTheSameRetriesAsAnyOtherAttempt) {
  transport->otherwise([](const SentRequest& request) {
    Scripted attempt = Scripted::cut_body(200, "0");
    attempt.headers = fields();
    const auto range = request.header("Range");
    if (!range) return attempt;
    const std::string from(range->substr(6, range->size() - 7));
    attempt.status = 206;
    attempt.headers = part_fields({{"Content-Range", "bytes " + from + "-9/10"}});
    attempt.headers.erase("Content-Length");
    return attempt;
  });
  const auto result = get({.retry = Retry{.total = 4}});
  EXPECT_EQ(report(result).stop_reason, StopReason::attempts_exhausted);
  EXPECT_EQ(report(result).attempts.back().resumed_at, 4U);
  EXPECT_EQ(store.stored, std::nullopt);
  EXPECT_EQ(store.abandoned, 1);
}

TEST_F(Downloads, KeepWhatTheyHaveOverAttemptsThatBringNothing) {
  transport->then(cut())
      .then(Scripted::failing(Fault::connect_refused))
      .then(Scripted::answer(503, {}, "busy"))
      .then(rest());
  EXPECT_TRUE(get().has_value());
  EXPECT_EQ(store.stored, k_text);
  EXPECT_EQ(sent(2).header("Range"), "bytes=4-");
  EXPECT_EQ(sent(3).header("Range"), "bytes=4-");
}

TEST_F(Downloads, AreGoneOnWithAfterSilenceToo) {
  Scripted first = cut();
  first.fault = Fault::idle_timeout;
  first.evidence = Evidence::responded;
  transport->then(first).then(rest());
  EXPECT_TRUE(get().has_value());
  EXPECT_EQ(store.stored, k_text);
}

TEST_F(Downloads, BeginAgainWhenTheServerSendsTheWhole) {
  Scripted other = whole(fields({{"ETag", "\"v2\""}}));
  other.body = "9876543210";
  transport->then(cut()).then(other);
  EXPECT_TRUE(get().has_value());
  EXPECT_EQ(store.stored, "9876543210");
  EXPECT_EQ(store.begun, 2);
}

TEST_F(Downloads, AreNotResumedWhereThatIsNotSafe) {
  const Headers unsafe[] = {
      {{"Content-Length", "10"}},
      fields({{"ETag", "W/\"v1\""}}),
      fields({{"Accept-Ranges", "none"}}),
      {{"Last-Modified", "Tue, 24 Nov 2026 08:00:00 GMT"},
       {"Date", "Tue, 24 Nov 2026 08:00:01 GMT"},
       {"Content-Length", "10"}},
  };
  for (const auto& headers : unsafe) {
    transport->forget_requests();
    store = Store();
    transport->then(cut(headers)).then(whole());
    EXPECT_TRUE(get().has_value());
    EXPECT_FALSE(sent(1).header("Range").has_value());
    EXPECT_EQ(store.stored, k_text);
    EXPECT_EQ(store.abandoned, 1);
  }
}

TEST_F(Downloads, AreNotResumedWhenACodingWasUndone) {
  transport->then(cut(fields({{"Content-Encoding", "gzip"}}))).then(whole());
  EXPECT_TRUE(get({.headers = {{"Accept-Encoding", "gzip"}}}).has_value());
  EXPECT_EQ(sent(0).header("Accept-Encoding"), "gzip");
  EXPECT_FALSE(sent(1).header("Range").has_value());
  EXPECT_EQ(store.stored, k_text);
}

TEST_F(Downloads, ToASinkThatCannotGoOnBeginAgain) {
  store.continues = false;
  transport->then(cut()).then(whole());
  EXPECT_TRUE(get().has_value());
  EXPECT_NE(sent(0).header("Accept-Encoding"), "identity");
  EXPECT_FALSE(sent(1).header("Range").has_value());
  EXPECT_EQ(store.stored, k_text);
}

TEST_F(Downloads, OfARangeThatTheCallerAskedForAreTheCallersOwn) {
  Scripted half = rest();
  half.fault = Fault::body_cut;
  half.body = "45";
  transport->then(half).then(rest());
  EXPECT_TRUE(get({.headers = {{"Range", "bytes=4-"}}}).has_value());
  EXPECT_EQ(sent(1).header("Range"), "bytes=4-");
  EXPECT_FALSE(sent(1).header("If-Range").has_value());
  EXPECT_EQ(store.stored, "456789");
}

TEST_F(Downloads, ByAnotherMethodThanGetAreNeverResumed) {
  transport->then(cut()).then(whole());
  const auto result = session.try_request("QUERY", "http://a.test/f", {.sink = &store});
  EXPECT_TRUE(result.has_value());
  EXPECT_FALSE(sent(1).header("Range").has_value());
}

// Each of these parts would make a wrong file.
TEST_F(Downloads, NeverTakeAPartThatIsNotTheRest) {
  Scripted longer = rest(part_fields());
  longer.headers.erase("Content-Length");
  longer.body = "456789x";
  const Scripted wrong[] = {
      rest(part_fields({{"Content-Range", "bytes 3-8/10"}})),
      rest(part_fields({{"Content-Range", "bytes 4-9/20"}})),
      rest(part_fields({{"ETag", "\"v2\""}})),
      rest(part_fields({{"ETag", "W/\"v1\""}})),
      rest(part_fields({{"Content-Encoding", "gzip"}})),
      rest(part_fields({{"Content-Type", "multipart/byteranges; boundary=x"}})),
      rest({{"Content-Length", "6"}, {"ETag", "\"v1\""}}),
      longer,
      Scripted::answer(416, {{"Content-Range", "bytes */10"}}),
  };
  for (const auto& part : wrong) {
    transport->forget_requests();
    store = Store();
    transport->then(cut()).then(part).then(whole());
    const auto result = get();
    ASSERT_TRUE(result.has_value());
    EXPECT_EQ(store.stored, k_text);
    const auto& told = report(result).attempts.at(1);
    EXPECT_EQ(told.fault, Fault::body_mismatch) << told.detail;
    EXPECT_NE(told.detail, "");
    EXPECT_FALSE(sent(2).header("Range").has_value()) << "the range went wrong once";
  }
}

TEST_F(Downloads, GoOnFromAPartThatEndsEarly) {
  Scripted shorter =
      rest(part_fields({{"Content-Range", "bytes 4-6/10"}, {"Content-Length", "3"}}));
  shorter.body = "456";
  Scripted last = rest(part_fields({{"Content-Range", "bytes 7-9/10"}, {"Content-Length", "3"}}));
  last.body = "789";
  transport->then(cut()).then(shorter).then(last);
  EXPECT_TRUE(get().has_value());
  EXPECT_EQ(store.stored, k_text);
  EXPECT_EQ(sent(2).header("Range"), "bytes=7-");
}

TEST_F(Downloads, DoNotStoreAPartThatNobodyAskedFor) {
  transport->otherwise([](const SentRequest&) { return rest(); });
  const auto result = get();
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind(), ErrorKind::body);
  EXPECT_EQ(report(result).attempts.back().fault, Fault::body_mismatch);
  EXPECT_EQ(store.stored, std::nullopt);
}

TEST_F(Downloads, AreHeldAgainstTheirDigest) {
  for (const auto* field : {"Repr-Digest", "Content-Digest"}) {
    store = Store();
    transport->then(whole(fields({{field, k_digest}})));
    EXPECT_TRUE(get().has_value());
    EXPECT_EQ(store.stored, k_text);
  }
}

TEST_F(Downloads, WithAWrongDigestAreFetchedAgainFromTheStartAndThenFail) {
  for (const auto* field : {"Repr-Digest", "Content-Digest"}) {
    transport->forget_requests();
    store = Store();
    const Scripted wrong = whole(fields({{field, k_other}}));
    transport->then(wrong).then(wrong).then(wrong).then(wrong);
    const auto result = get();
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().kind(), ErrorKind::body);
    EXPECT_NE(std::string(result.error().what()).find(field), std::string::npos);
    EXPECT_EQ(transport->count(), 4U);
    EXPECT_FALSE(sent(3).header("Range").has_value());
    EXPECT_EQ(store.stored, std::nullopt);
  }
}

TEST_F(Downloads, PutTogetherAreHeldAgainstTheDigestOfTheWhole) {
  const Headers first = fields({{"Repr-Digest", k_digest}});
  transport->then(cut(first)).then(rest(part_fields({{"Repr-Digest", k_digest}})));
  EXPECT_TRUE(get().has_value());
  EXPECT_EQ(store.stored, k_text);

  store = Store();
  Scripted damaged = rest();
  damaged.body = "456780";
  transport->forget_requests();
  transport->then(cut(first)).then(damaged).then(whole(first));
  const auto result = get();
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(report(result).attempts.at(1).fault, Fault::body_mismatch);
  EXPECT_FALSE(sent(2).header("Range").has_value());
  EXPECT_EQ(store.stored, k_text);
}

TEST_F(Downloads, HoldAPartAgainstItsOwnDigest) {
  transport->then(cut()).then(rest(part_fields({{"Content-Digest", k_other}})));  // of "456789"
  EXPECT_TRUE(get().has_value());
  EXPECT_EQ(store.stored, k_text);
}

TEST_F(Downloads, TakeNoPartThatNamesAnotherDigestOfTheWhole) {
  transport->then(cut(fields({{"Repr-Digest", k_digest}})))
      .then(rest(part_fields({{"Repr-Digest", k_other}})))
      .then(whole());
  const auto result = get();
  EXPECT_EQ(report(result).attempts.at(1).fault, Fault::body_mismatch);
  EXPECT_EQ(store.stored, k_text);
}

// A field that undoes nothing leaves the bytes as the server hashed them.
TEST_F(Downloads, AreHeldAgainstTheirDigestUnderACodingThatIsNotUndone) {
  for (const auto* coding : {"identity", "", "aes128gcm", "gzip, gzip, gzip, gzip, gzip"}) {
    store = Store();
    const Scripted wrong = whole(fields({{"Content-Encoding", coding}, {"Repr-Digest", k_other}}));
    transport->then(wrong);
    const auto result = get({.retry = Retry{.total = 0}});
    EXPECT_EQ(report(result).attempts.back().fault, Fault::body_mismatch) << coding;
    EXPECT_EQ(store.stored, std::nullopt);
    transport->then(cut(fields({{"Content-Encoding", coding}}))).then(rest());
    EXPECT_TRUE(get().has_value());
    EXPECT_EQ(store.stored, k_text) << coding;
  }
}

TEST_F(Downloads, WhoseDigestComesTooLateBeginAgain) {
  transport->then(cut()).then(rest(part_fields({{"Repr-Digest", k_digest}}))).then(whole());
  const auto result = get();
  EXPECT_EQ(report(result).attempts.at(1).fault, Fault::body_mismatch);
  EXPECT_FALSE(sent(2).header("Range").has_value());
  EXPECT_EQ(store.stored, k_text);
}

TEST_F(Downloads, AreHeldAgainstADigestInTheTrailers) {
  for (const auto* field : {"Repr-Digest", "Content-Digest"}) {
    for (const auto* digest : {k_digest, k_other}) {
      store = Store();
      Scripted answer = whole(fields({{"Trailer", field}}));
      answer.trailers = {{field, digest}};
      transport->then(answer);
      const auto result = get({.retry = Retry{.total = 0}});
      EXPECT_EQ(result.has_value(), digest == k_digest) << field;
      EXPECT_EQ(store.stored.has_value(), digest == k_digest) << field;
    }
  }
  Scripted answer = whole(fields({{"Repr-Digest", k_digest}}));
  answer.trailers = {{"Repr-Digest", k_other}};
  transport->then(answer);
  EXPECT_EQ(report(get({.retry = Retry{.total = 0}})).attempts.back().fault, Fault::body_mismatch);
}

// The caller's own range is held against what comes, too: other bytes would be stored as these.
TEST_F(Downloads, OfTheCallersRangeTakeNoOtherBytes) {
  Scripted shorter = rest(part_fields({{"Content-Length", "5"}}));
  shorter.body = "45678";
  Scripted longer = rest(part_fields({{"Content-Length", "7"}}));
  longer.body = "4567890";
  const Scripted wrong[] = {
      rest(part_fields({{"Content-Range", "bytes 3-8/10"}})),
      rest(part_fields({{"Content-Range", "bytes 4-9"}})),
      rest({{"Content-Length", "6"}}),
      shorter,
      longer,
  };
  for (const auto& part : wrong) {
    store = Store();
    transport->then(part);
    const auto result = get({.headers = {{"Range", "bytes=4-9"}}, .retry = Retry{.total = 0}});
    ASSERT_FALSE(result.has_value());
    EXPECT_NE(report(result).attempts.back().fault, Fault::none);
    EXPECT_EQ(store.stored, std::nullopt);
  }
}

TEST_F(Downloads, OfTheCallersRangeMayBeShorterOrSeveral) {
  Scripted parts =
      rest({{"Content-Type", "multipart/byteranges; boundary=x"}, {"Content-Length", "6"}});
  for (const auto* range : {"bytes=4-", "bytes=4-20", "bytes=-6", "bytes=4-5, 6-9"}) {
    for (const auto& part : {rest(), parts}) {
      store = Store();
      transport->then(part);
      EXPECT_TRUE(get({.headers = {{"Range", range}}}).has_value()) << range;
      EXPECT_EQ(store.stored, "456789") << range;
    }
  }
}

// PostgREST, for one, counts rows.
TEST_F(Downloads, OfARangeInAnotherUnitAreTheServersAffair) {
  for (const auto* range : {"0-9", "items=0-9"}) {
    store = Store();
    transport->then(Scripted::answer(206, {{"Content-Range", "0-9/100"}}, k_text));
    EXPECT_TRUE(get({.headers = {{"Range", range}}}).has_value()) << range;
    EXPECT_EQ(store.stored, k_text) << range;
  }
}

TEST_F(Downloads, ByHeadHaveNothingToHoldAgainstADigest) {
  transport->then(
      Scripted::answer(200, fields({{"Repr-Digest", k_digest}, {"Content-Digest", k_digest}})));
  EXPECT_TRUE(session.try_head("http://a.test/f", {.sink = &store}).has_value());
}

// What is there belongs to the resource that it came from, whatever its tag is called.
TEST_F(Downloads, BeginAgainAfterARedirect) {
  transport->then(cut())
      .then(Scripted::answer(302, {{"Location", "http://b.test/f"}}))
      .then(whole());
  EXPECT_TRUE(get().has_value());
  EXPECT_EQ(sent(1).header("Range"), "bytes=4-");
  EXPECT_FALSE(sent(2).header("Range").has_value());
  EXPECT_FALSE(sent(2).header("If-Range").has_value());
  EXPECT_EQ(store.stored, k_text);
}

TEST_F(Downloads, CountTheWholeAgainstMaxBody) {
  transport->then(cut()).then(rest());
  EXPECT_TRUE(get({.max_body = 10}).has_value());
  store = Store();
  transport->then(cut()).then(rest());
  const auto result = get({.max_body = 9});
  EXPECT_EQ(report(result).attempts.back().fault, Fault::body_too_large);
  EXPECT_EQ(store.stored, std::nullopt);
  EXPECT_EQ(store.abandoned, 1);
}

TEST_F(Downloads, ThatTheCallerStopsLeaveNothing) {
  std::stop_source stop;
  transport->then(cut());
  transport->otherwise([&](const SentRequest&) {
    stop.request_stop();
    return rest();
  });
  const auto result = get({.stop = stop.get_token()});
  EXPECT_EQ(report(result).stop_reason, StopReason::cancelled);
  EXPECT_EQ(store.stored, std::nullopt);
  EXPECT_EQ(store.abandoned, 1);
}

TEST_F(Downloads, ThatAnExceptionLeavesLeaveNothing) {
  transport->then(whole());
  const auto throws = [](const Response&) -> bool { throw std::runtime_error("mine"); };
  EXPECT_THROW((void)get({.retry_if = throws}), std::runtime_error);
  EXPECT_EQ(store.stored, std::nullopt);
  EXPECT_EQ(store.abandoned, 1);
}

TEST_F(Downloads, OfAnEmptyBodyToASinkThatCannotBeginAreNoSuccess) {
  class Broken final : public BodySink {
   public:
    void begin(const Response&) override { throw std::runtime_error("no room"); }
    void write(std::string_view) override {}
    void commit() override {}
    void abandon() noexcept override {}
  } broken;
  transport->then(Scripted::answer(200));
  const auto result = session.try_get("http://a.test/f", {.sink = &broken});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(report(result).attempts.back().fault, Fault::sink_failed);
  EXPECT_NE(std::string(result.error().what()).find("no room"), std::string::npos);
}

}  // namespace

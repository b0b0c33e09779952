#include <redial/testing/cassette.hpp>

#include <filesystem>
#include <fstream>
#include <utility>

#include <unistd.h>

#include <gtest/gtest.h>

#include <redial/json.hpp>
#include <redial/redial.hpp>
#include <redial/testing/matchers.hpp>

namespace {

using namespace redial;
using namespace redial::testing;
using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const Retry k_plain{.total = 3, .backoff_factor = 1s, .backoff_jitter = Jitter::none()};

/// Records what a script says.
struct Recorder {
  explicit Recorder(Redaction redaction = {})
      : recording(std::make_shared<RecordingTransport>(scripted, std::move(redaction))) {
    session.mount("http://", {.max_retries = k_plain, .transport = recording});
  }
  std::shared_ptr<ScriptedTransport> scripted = std::make_shared<ScriptedTransport>();
  std::shared_ptr<RecordingTransport> recording;
  Session session;
};

Session replaying(const std::shared_ptr<ScriptedTransport>& transport) {
  Session session;
  session.mount("http://", {.max_retries = k_plain, .transport = transport});
  return session;
}

TEST(Recording, ChangesNothingForTheCall) {
  Recorder recorder;
  recorder.scripted->on("/x")
      .answer(503, {{"Retry-After", "2"}})
      .fail(Fault::reset)
      .answer(200, {{"X-A", "b"}}, "hello");
  const Response response = recorder.session.get("http://a.test/x");
  EXPECT_THAT(response, SentTimes(3));
  EXPECT_THAT(response, HasBody("hello"));
  EXPECT_THAT(response, HasHeader("X-A", "b"));
  EXPECT_THAT(recorder.scripted->requests(), ::testing::Each(IsRequest("GET http://a.test/x")));
}

TEST(Recording, ReplaysAnswersAndFailuresThroughTheRealEngine) {
  Recorder recorder;
  recorder.scripted->on("/x")
      .answer(Scripted::answer(503, {{"Retry-After", "2"}}).after(250ms))
      .fail(Fault::reset)
      .answer(200, {{"X-A", "b"}}, "hello");
  const Response live = recorder.session.get("http://a.test/x");

  const Cassette tape = Cassette::parse(recorder.recording->cassette().text());
  const auto transport = replay(tape);
  Session session = replaying(transport);
  const Response replayed = session.get("http://a.test/x");
  EXPECT_EQ(trace(replayed.report()).size(), 3U);
  EXPECT_THAT(replayed,
              Proved(ElementsAre(Evidence::responded, Evidence::maybe, Evidence::responded)));
  EXPECT_EQ(replayed.body(), live.body());
  EXPECT_EQ(replayed.headers(), live.headers());
  EXPECT_EQ(replayed.report().attempts[0].elapsed, 250ms);
  EXPECT_THAT(*transport, AllUsed());
}

TEST(Recording, KeepsRequestBodiesOfEveryKind) {
  Recorder recorder;
  recorder.scripted->on("");
  recorder.session.put("http://a.test/x", {.body = "in memory"});
  bool read = false;
  recorder.session.put("http://a.test/x", {.body = Body::stream([&](char* into, std::size_t) {
                                             if (std::exchange(read, true)) return std::size_t{0};
                                             *into = 's';
                                             return std::size_t{1};
                                           })});
  const Cassette tape = recorder.recording->cassette();
  ASSERT_EQ(tape.interactions.size(), 2U);
  EXPECT_EQ(tape.interactions[0].body, "in memory");
  EXPECT_EQ(tape.interactions[1].body, "s");
  EXPECT_TRUE(recorder.scripted->requests()[1].chunked);
}

class Collecting final : public BodySink {
 public:
  void begin(const Response&) override { text.clear(); }
  void write(std::string_view piece) override { text += piece; }
  void commit() override {}
  void abandon() noexcept override {}
  std::string text;
};

TEST(Recording, KeepsWhatGoesToASink) {
  Recorder recorder;
  recorder.scripted->on("").answer(200, {}, "streamed");
  Collecting sink;
  recorder.session.get("http://a.test/x", {.sink = &sink});
  EXPECT_EQ(sink.text, "streamed");
  EXPECT_EQ(recorder.recording->cassette().interactions[0].outcome.body, "streamed");
}

// Looks at what it is to send, and answers.
class Looking final : public Transport {
 public:
  std::shared_ptr<EventLoop> lease() override { return scripted_->lease(); }
  void start(EventLoop&, Exchange& exchange) override {
    unix_socket = exchange.unix_socket;
    body_is_ready = exchange.body->open()->is_ready([] {});
    ReceivedResponse received;
    received.status = 200;
    sink_wants_more = exchange.head(received)->wants_more([] {});
    exchange.finished({.evidence = Evidence::responded, .status = 200});
  }
  void cancel(EventLoop&, Exchange&) override {}

  std::string unix_socket;
  bool body_is_ready = true;
  bool sink_wants_more = true;

 private:
  std::shared_ptr<ScriptedTransport> scripted_ = std::make_shared<ScriptedTransport>();
};

// A body without a first byte yet, for a sink that is full.
struct Paused final : Exchange, Exchange::Sink {
  struct Reader final : BodyReader {
    std::size_t read(char*, std::size_t) override { throw std::logic_error("not yet"); }
    bool is_ready(const std::function<void()>&) override { return false; }
  };
  Paused() {
    method = "PUT";
    url = &place;
    headers = &fields;
    body = &outgoing;
    tls = &options;
    unix_socket = "/run/here";
  }
  Exchange::Sink* head(ReceivedResponse&) override { return this; }
  void finished(Outcome) override {}
  bool write(std::string_view) override { return true; }
  bool wants_more(const std::function<void()>&) override { return false; }

  Url place{"http://a.test/x"};
  Headers fields;
  Body outgoing = Body::reader(std::make_unique<Reader>());
  TlsOptions options;
};

TEST(Recording, HandsOnAllThatIsToBeSentAndWhoeverHasToWait) {
  const auto below = std::make_shared<Looking>();
  RecordingTransport recording(below);
  Paused exchange;
  recording.start(*recording.lease(), exchange);
  EXPECT_EQ(below->unix_socket, "/run/here");
  EXPECT_FALSE(below->body_is_ready);
  EXPECT_FALSE(below->sink_wants_more);
}

TEST(Recording, CancellingReachesTheTransportBelow) {
  Recorder recorder;
  recorder.scripted->on("").answer(Scripted::hanging(Phase::head));
  const auto result = recorder.session.try_get("http://a.test/x", {.deadline = 1s});
  EXPECT_THAT(result, StoppedBecause(StopReason::deadline));
  EXPECT_EQ(recorder.recording->cassette().interactions[0].outcome.fault, Fault::deadline);
}

TEST(Redacting, NoSecretReachesTheCassette) {
  Recorder recorder;
  recorder.scripted->on("POST /login")
      .answer(200,
              {{"Set-Cookie", "sid=hunter1; Path=/; HttpOnly"},
               {"Content-Type", "application/json"},
               {"Location", "/next?token=hunter2"}},
              R"({"access_token": "hunter3", "user": {"password": "hunter4", "name": "ann"}})");
  recorder.session.post("http://u:hunter5@a.test/login?api_key=hunter6&page=1",
                        {.headers = {{"Cookie", "a=hunter7; b=hunter8"},
                                     {"X-Api-Key", "hunter9"},
                                     {"Proxy-Authorization", "Basic hunter10"}},
                         .form = Pairs{{"password", "hunter11"}, {"name", "ann"}}});
  recorder.session.post("http://a.test/login",
                        {.json = R"({"secret": "hunter12"})", .auth = Auth::bearer("hunter13")});
  recorder.scripted->on("POST /tokens")
      .answer(200, {{"Content-Type", "application/x-ndjson"}},
              "{\"access_token\": \"hunter14\"}\r\n{\"page\": 2}\n{\"token\": \"hunter15\"}");
  recorder.session.post("http://a.test/tokens",
                        {.form = Pairs{{"token", "hunter16"}, {"sig", "hunter17"}}});
  recorder.session.post("http://a.test/tokens",
                        {.json = R"({"token": "hunter18", "auth_token": "hunter19",
                   "session_token": "hunter20", "private_token": "hunter21"})"});
  recorder.session.post(
      "http://a.test/tokens",
      {.multipart = {Part::field("password", "hunter22"), Part::field("Sig", "hunter23"),
                     Part::field("meta", R"({"secret": "hunter24"})"),
                     Part::field("title", "kept title")}});
  const std::string text = recorder.recording->cassette().text();
  EXPECT_THAT(text, Not(HasSubstr("hunter")));
  // What is no secret stays.
  EXPECT_THAT(text, HasSubstr(R"(\r\n{\"page\": 2}\n{)"));
  EXPECT_THAT(text, HasSubstr("kept title"));
  EXPECT_THAT(text, HasSubstr("sid=***; Path=/; HttpOnly"));
  EXPECT_THAT(text, HasSubstr("a=***; b=***"));
  EXPECT_THAT(text, HasSubstr("Bearer ***"));
  EXPECT_THAT(text, HasSubstr("page=1"));
  EXPECT_THAT(text, HasSubstr("ann"));
  EXPECT_THAT(text, HasSubstr("\"/next?token=***\""));
}

// What breaks off is no JSON any more.
TEST(Redacting, NorDoesOneOfAnAnswerThatBreaksOff) {
  for (const char* const body :
       {R"({"kept": "a\"b", "access_token" : "hunter1)",
        R"({"kept": 1, "password": {"a": "hunter2)",
        "{\n  \"kept\": [1],\n  \"token\": \"hunter\\\"3\",\n  \"page\": 2,\n  \"na",
        R"({"secret": 123456, "kept": "hun)"}) {
    Recorder recorder;
    Scripted cut = Scripted::cut_body(200, body);
    cut.headers.add("Content-Type", "application/json");
    recorder.scripted->on("").answer(cut);
    EXPECT_FALSE(recorder.session.try_get("http://a.test/", {.retry = Retry{.total = 0}}));
    const std::string kept = recorder.recording->cassette().interactions.at(0).outcome.body;
    EXPECT_THAT(kept, AllOf(HasSubstr("kept"), HasSubstr("\"***\""), Not(HasSubstr("hunter")),
                            Not(HasSubstr("123456"))));
  }
}

TEST(Redacting, NamesAndBodiesAreConfigurable) {
  Redaction redaction;
  redaction.headers.push_back("X-Tenant");
  redaction.query_names.push_back("who");
  redaction.body_names = {"card"};
  redaction.body = [](std::string_view type, std::string body) {
    return type == "text/plain" ? std::string("(removed)") : body;
  };
  Recorder recorder(redaction);
  recorder.scripted->on("").answer(200, {{"Content-Type", "text/plain"}}, "hunter1");
  recorder.session.post("http://a.test/x?who=hunter2",
                        {.headers = {{"X-Tenant", "hunter3"}},
                         .json = R"({"card": {"number": "hunter4"}, "password": "kept"})"});
  const std::string text = recorder.recording->cassette().text();
  EXPECT_THAT(text, Not(HasSubstr("hunter")));
  EXPECT_THAT(text, HasSubstr("(removed)"));
  EXPECT_THAT(text, HasSubstr("kept"));

  const auto transport = replay(recorder.recording->cassette(), {.redaction = redaction});
  Session session = replaying(transport);
  EXPECT_THAT(session.post("http://a.test/x?who=another"), HasBody("(removed)"));
}

TEST(Redacting, BytesStayWhenThereIsNothingToHide) {
  Recorder recorder;
  recorder.scripted->on("").answer(200, {}, "{ \"b\" : 1,\n\"a\" : 2 }");
  recorder.session.get("http://a.test/");
  EXPECT_EQ(recorder.recording->cassette().interactions[0].outcome.body,
            "{ \"b\" : 1,\n\"a\" : 2 }");
}

Cassette two_pages() {
  return {{{.method = "GET", .url = "http://a.test/1", .outcome = Scripted::answer(200, {}, "1")},
           {.method = "GET", .url = "http://a.test/2", .outcome = Scripted::answer(200, {}, "2")},
           {.method = "GET", .url = "http://a.test/1", .outcome = Scripted::answer(200, {}, "3")}}};
}

TEST(Replaying, EqualRequestsTakeTheirAnswersInTurnAndTheLastRepeats) {
  const auto transport = replay(two_pages());
  Session session = replaying(transport);
  EXPECT_THAT(session.get("http://a.test/2"), HasBody("2"));
  EXPECT_THAT(session.get("http://a.test/1"), HasBody("1"));
  EXPECT_THAT(session.get("http://a.test/1"), HasBody("3"));
  EXPECT_THAT(session.get("http://a.test/1"), HasBody("3"));
}

TEST(Replaying, StrictlyIsTheRecordedOrderAndNothingElse) {
  const auto transport = replay(two_pages(), {.strict = true});
  Session session = replaying(transport);
  EXPECT_THROW(session.get("http://a.test/2"), UnmatchedRequest);
  session.get("http://a.test/1");
  session.get("http://a.test/2");
  session.get("http://a.test/1");
  EXPECT_THROW(session.get("http://a.test/1"), UnmatchedRequest);
}

TEST(Replaying, WhatIsNotRecordedSaysHowItDiffers) {
  const auto transport = replay(two_pages());
  Session session = replaying(transport);
  try {
    session.get("http://a.test/3");
    ADD_FAILURE();
  } catch (const UnmatchedRequest& error) {
    EXPECT_THAT(error.what(),
                HasSubstr("the URL is http://a.test/3, recorded was http://a.test/1"));
  }
}

TEST(Replaying, BodiesAndFieldsMatchWhenAskedTo) {
  const Cassette tape{{{.method = "POST",
                        .url = "http://a.test/",
                        .headers = {{"Accept", "text/csv"}},
                        .body = "one",
                        .outcome = Scripted::answer(200, {}, "1")},
                       {.method = "POST",
                        .url = "http://a.test/",
                        .headers = {{"Accept", "text/csv"}},
                        .body = "two",
                        .outcome = Scripted::answer(200, {}, "2")}}};
  const auto transport = replay(tape, {.match_body = true, .match_headers = {"Accept"}});
  Session session = replaying(transport);
  EXPECT_THAT(session.post("http://a.test/", {.headers = {{"Accept", "text/csv"}}, .body = "two"}),
              HasBody("2"));
  EXPECT_THROW(session.post("http://a.test/", {.body = "two"}), UnmatchedRequest);
  EXPECT_THROW(session.post("http://a.test/", {.headers = {{"Accept", "text/csv"}}, .body = "x"}),
               UnmatchedRequest);
}

TEST(CassetteFile, BinaryBodiesComeBack) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  const Cassette tape{{{.method = "PUT",
                        .url = "http://a.test/",
                        .body = bytes,
                        .outcome = Scripted::answer(200, {}, bytes + bytes)}}};
  const std::string text = tape.text();
  EXPECT_THAT(text, HasSubstr("\"base64\""));
  const Cassette again = Cassette::parse(text);
  EXPECT_EQ(again.interactions[0].body, bytes);
  EXPECT_EQ(again.interactions[0].outcome.body, bytes + bytes);
  EXPECT_EQ(again.text(), text);
}

TEST(CassetteFile, IsWrittenWholeAndReadAgain) {
  const auto directory =
      std::filesystem::temp_directory_path() / ("redial-cassette-" + std::to_string(getpid()));
  const auto file = directory / "deep" / "pages.json";
  two_pages().save(file);
  EXPECT_EQ(Cassette::load(file).text(), two_pages().text());
  EXPECT_FALSE(std::filesystem::exists(file.string() + ".new"));
  std::filesystem::remove_all(directory);
  try {
    Cassette::load(file);
    ADD_FAILURE();
  } catch (const CassetteError& error) {
    EXPECT_THAT(error.what(), HasSubstr(file.string()));
  }
}

struct BadCase {
  std::string what;
  std::function<void(nlohmann::json&)> damage;
};

TEST(CassetteFile, BadOnesNameFileAndField) {
  const std::vector<BadCase> cases{
      {"\"redial_cassette\" is missing", [](auto& json) { json.erase("redial_cassette"); }},
      {"redial_cassette: version 2 is newer", [](auto& json) { json["redial_cassette"] = 2; }},
      {"\"extra\" is not a field", [](auto& json) { json["extra"] = 1; }},
      {"interactions: expected an array, found object",
       [](auto& json) { json["interactions"] = nlohmann::json::object(); }},
      {"interactions[1]: \"request\" is missing",
       [](auto& json) { json["interactions"][1].erase("request"); }},
      {"interactions[0].request.method: this is not a method",
       [](auto& json) { json["interactions"][0]["request"]["method"] = "G ET"; }},
      {"interactions[0].request.url: ",
       [](auto& json) { json["interactions"][0]["request"]["url"] = "ftp://a/"; }},
      {"interactions[0].request.headers[0]: expected a name and a value",
       [](auto& json) { json["interactions"][0]["request"]["headers"] = {{"a"}}; }},
      {"interactions[0].outcome.fault: \"resett\" is unknown",
       [](auto& json) { json["interactions"][0]["outcome"]["fault"] = "resett"; }},
      {"interactions[0].outcome.takes_ms: expected milliseconds, found -1",
       [](auto& json) { json["interactions"][0]["outcome"]["takes_ms"] = -1; }},
      {"interactions[0].response.status: expected a whole number from 100 to 999, found string",
       [](auto& json) { json["interactions"][0]["response"]["status"] = "200"; }},
      {"interactions[0].response.body.base64: this is not base64",
       [](auto& json) {
         json["interactions"][0]["response"]["body"] = {{"base64", "?"}};
       }},
      {"interactions[0].response.body: expected either",
       [](auto& json) {
         json["interactions"][0]["response"]["body"] = {{"base64", ""}, {"text", ""}};
       }},
      {"interactions[0].response: an answer belongs to",
       [](auto& json) { json["interactions"][0]["response"] = nullptr; }},
  };
  for (const auto& bad : cases) {
    auto json = nlohmann::json::parse(two_pages().text());
    bad.damage(json);
    try {
      Cassette::parse(json.dump(), "tape.json");
      ADD_FAILURE() << bad.what;
    } catch (const CassetteError& error) {
      EXPECT_THAT(error.what(), ::testing::StartsWith("tape.json: "));
      EXPECT_THAT(error.what(), HasSubstr(bad.what));
    }
  }
  EXPECT_THROW(Cassette::parse("{\"redial_cassette\":1e" + std::string(99, '6') + "}", "tape.json"),
               CassetteError);
  try {
    Cassette::parse("{\n  \"redial_cassette\": 1,\n  oops", "tape.json");
    ADD_FAILURE();
  } catch (const CassetteError& error) {
    EXPECT_THAT(error.what(), ::testing::StartsWith("tape.json: parse error at line 3"));
  }
}

}  // namespace

// Secrets planted wherever a request or an expectation can hold one, and all that the kit says
// about them searched for them.

#include "testing/redact.hpp"

#include <sstream>

#include <gtest/gtest.h>

#include <redial/redial.hpp>
#include <redial/testing/matchers.hpp>

namespace {

using namespace redial;
using namespace redial::testing;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::PrintToString;

template <class T>
std::string joined(const T& texts) {
  std::string all;
  for (const auto& text : texts) all += text + "\n";
  return all;
}

const Headers k_form{{"Content-Type", "application/x-www-form-urlencoded"}};
const std::string k_parts =
    "--B\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\nPLANTED\r\n"
    "--B\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nhello\r\n--B--\r\n";
const Headers k_multipart{{"Content-Type", "multipart/form-data; boundary=B"}};

SentRequest sent(std::string body, Headers headers = {}) {
  return {.method = "POST",
          .url = Url("http://u:PLANTED@a.test/x?token=PLANTED&page=1"),
          .headers = std::move(headers),
          .body = std::move(body)};
}

struct Case {
  Match match;
  SentRequest request;
};

// Each wants another secret than it finds.
std::vector<Case> cases() {
  const std::string json = R"({"name": "ann", "password": "PLANTED", "in": {"sig": "PLANTED"}})";
  const SentRequest form = sent("name=ann&password=PLANTED", k_form);
  Headers key{{"X-Api-Key", "PLANTED1"}, {"Link", "<http://u:PLANTED@b/>"}};
  return {
      {Match("POST http://u:PLANTED@b.test/y?token=PLANTED2"), sent("")},
      {Match().query({{"TOKEN", "PLANTED2"}}), sent("")},
      {Match().query({{"token", "PLANTED2"}}), sent("")},
      {Match().query_exactly({{"token", "PLANTED2"}, {"page", "1"}}), sent("")},
      {Match().url_matching("http://u:PLANTED@b/\\?token=PLANTED2"), sent("")},
      {Match().header("X-Api-Key", "PLANTED2"), sent("", key)},
      {Match().header_matching("X-Api-Key", "PLANTED[2]"), sent("", key)},
      {Match().header_matching("Link", "//u:PLANTED@c/"), sent("", key)},
      {Match().form({{"name", "ann"}, {"password", "PLANTED3"}}), form},
      {Match().form_with({{"api_key", "PLANTED3"}}), form},
      {Match().multipart_with({{"password", "PLANTED3"}}), sent(k_parts, k_multipart)},
      {Match().json(R"({"password": "PLANTED3"})"), sent(json)},
      {Match().json_with(R"({"in": {"sig": "PLANTED3"}})"), sent(json)},
      {Match().json_with(R"({"other": {"sig": "PLANTED3"}})"), sent(json)},
      {Match().json_with(R"({"in": [{"token": "PLANTED3"}]})"), sent(json)},
      {Match().json("{}"), sent("password=PLANTED", k_form)},
      {Match().body(R"({"password": "PLANTED3"})"), sent(json)},
      {Match().body_with("password=PLANTED3"), form},
      {Match().body_matching("&token=PLANTED3"), sent(k_parts, k_multipart)},
  };
}

TEST(Secrets, StandInNoDescriptionAndNoReason) {
  for (const auto& [match, request] : cases()) {
    const auto reasons = joined(match.mismatches(request));
    EXPECT_NE(reasons, "") << match.description();
    EXPECT_THAT(match.description() + "\n" + reasons, Not(HasSubstr("PLANTED")));
  }
  EXPECT_EQ(joined(Match().query({{"token", "a"}}).mismatches(sent(""))),
            "query parameter \"token\" is ***, expected another\n");
  EXPECT_EQ(
      joined(Match().json_with(R"({"password": "a"})").mismatches(sent(R"({"password": 1})"))),
      "in the JSON body /password is ***, expected another\n");
}

TEST(Secrets, StandInNoRefusalOfAPattern) {
  for (const char* pattern :
       {"GET http://u:PLANTED@ x/", "http://u:PLANTED/", "://u:PLANTED@x/?token=PLANTED"}) {
    try {
      Match match(pattern);
      ADD_FAILURE() << pattern;
    } catch (const std::invalid_argument& error) {
      EXPECT_THAT(error.what(), AllOf(HasSubstr("Match: "), Not(HasSubstr("PLANTED"))));
    }
  }
}

TEST(Secrets, StandInNoComplaintOfATransport) {
  const auto transport = std::make_shared<ScriptedTransport>();
  Session session;
  session.mount("http://", {.max_retries = {.total = 0}, .transport = transport});
  transport->on(Match("POST /x?token=PLANTED2").form({{"password", "PLANTED3"}})).answer(200);
  try {
    session.post("http://u:PLANTED@a.test/x?token=PLANTED",
                 {.form = Pairs{{"password", "PLANTED"}}});
    ADD_FAILURE();
  } catch (const UnmatchedRequest& unmatched) {
    EXPECT_THAT(unmatched.what(),
                AllOf(HasSubstr("form field \"password\""), Not(HasSubstr("PLANTED"))));
  }
  EXPECT_THAT(joined(transport->problems()),
              AllOf(HasSubstr("never asked for"), Not(HasSubstr("PLANTED"))));
}

TEST(Secrets, StandInNothingThatIsPrinted) {
  for (const auto& [body, headers] :
       {std::pair<std::string, Headers>{R"({"password":"PLANTED","name":"ann"})", {}},
        {"{\"token\":\"PLANTED\"}\n{\"name\":\"ann\"}\n", {}},
        {"password=PLANTED&name=ann", k_form},
        {"password=PLANTED&name=ann", {}},
        {k_parts + "ann", k_multipart}}) {
    const SentRequest request = sent(body, headers);
    EXPECT_THAT(PrintToString(request), AllOf(HasSubstr("ann"), Not(HasSubstr("PLANTED"))));

    RecordedRequest read;
    read.method = "POST";
    read.target = "/x?token=PLANTED";
    for (const auto& field : headers) read.headers.emplace_back(field.name, field.value);
    read.body = body;
    EXPECT_THAT(PrintToString(read), Not(HasSubstr("PLANTED")));
    EXPECT_THAT(shown(read),
                AllOf(HasSubstr("POST /x?token=***"), HasSubstr("ann"), Not(HasSubstr("PLANTED"))));
  }
}

template <class Request>
struct Got {
  std::vector<Request> all;
  std::vector<Request> requests() const { return all; }
};

template <class Subject>
std::string why_twice(const Subject& subject) {
  ::testing::StringMatchResultListener listener;
  const auto matcher = ::testing::SafeMatcherCast<const Subject&>(NeverSentTwice());
  EXPECT_FALSE(matcher.MatchAndExplain(subject, &listener));
  return listener.str();
}

TEST(Secrets, StandNotInWhatWasSentTwice) {
  SentRequest request = sent(R"({"password":"PLANTED","name":"ann"})");
  request.left = true;
  RecordedRequest read;
  read.method = "POST";
  read.target = "/x?token=PLANTED";
  read.body = request.body;
  for (const std::string& text : {why_twice(Got<SentRequest>{{request, request}}),
                                  why_twice(Got<RecordedRequest>{{read, read}})})
    EXPECT_THAT(text,
                AllOf(HasSubstr("sent 2 times"), HasSubstr("ann"), Not(HasSubstr("PLANTED"))));
}

}  // namespace

#include <redial/session/errors.hpp>

#include <gtest/gtest.h>

#include <redial/session/session.hpp>
#include <redial/testing/scripted_transport.hpp>

namespace {

using namespace redial;
using redial::testing::Scripted;
using redial::testing::ScriptedTransport;

template <class Kind>
bool raises(ErrorKind kind) {
  try {
    Error(kind, "text").raise();
  } catch (const Kind& error) {
    return error.kind() == kind && std::string(error.what()) == "text";
  } catch (const Error&) {
    return false;
  }
  return false;
}

TEST(Error, RaisesTheClassOfItsKind) {
  EXPECT_TRUE(raises<ConnectError>(ErrorKind::connect));
  EXPECT_TRUE(raises<TimeoutError>(ErrorKind::timeout));
  EXPECT_TRUE(raises<TlsError>(ErrorKind::tls));
  EXPECT_TRUE(raises<ProtocolError>(ErrorKind::protocol));
  EXPECT_TRUE(raises<StatusError>(ErrorKind::status));
  EXPECT_TRUE(raises<RedirectError>(ErrorKind::redirect));
  EXPECT_TRUE(raises<BodyError>(ErrorKind::body));
  EXPECT_TRUE(raises<RequestError>(ErrorKind::request));
  EXPECT_TRUE(raises<CancelledError>(ErrorKind::cancelled));
  EXPECT_TRUE(raises<LocalError>(ErrorKind::local));
}

TEST(Error, ACopyKeepsTheAnswerAlive) {
  const Response* answer = nullptr;
  std::optional<Error> copy;
  {
    const Error error(ErrorKind::status, "text", {}, Response());
    copy = error;
    answer = error.response();
  }
  EXPECT_EQ(copy->response(), answer);
  EXPECT_NE(answer, nullptr);
}

// The texts of requests, with the call's story under them.
TEST(RaiseForStatus, SaysWhoseFaultItIs) {
  for (const auto& [status, words] :
       {std::pair(404, "404 Client Error:"), std::pair(500, "500 Server Error:")}) {
    const auto transport = std::make_shared<ScriptedTransport>();
    transport->then(Scripted::answer(status));
    Session session;
    session.mount("http://", {.max_retries = {.total = 0}, .transport = transport});
    const auto response = session.get("http://a.test/x?token=abc");
    try {
      response.raise_for_status();
      FAIL() << status;
    } catch (const StatusError& error) {
      const std::string text = error.what();
      EXPECT_EQ(text.find(words), 0U) << text;
      EXPECT_NE(text.find("for url: http://a.test/x?token=***"), std::string::npos) << text;
      EXPECT_EQ(error.response()->status(), status);
    }
  }
}

}  // namespace

// Multipart forms through a session.

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include <redial/redial.hpp>
#include <redial/testing/scripted_transport.hpp>

namespace {

using namespace redial;
using redial::testing::Scripted;
using redial::testing::ScriptedTransport;

class Forms : public ::testing::Test {
 protected:
  Forms() {
    session.mount("http://", {.transport = transport});
    std::string name = (std::filesystem::temp_directory_path() / "redial-XXXXXX").string();
    folder = mkdtemp(name.data());
    std::ofstream(folder / "report.pdf") << "%PDF";
  }
  ~Forms() override { std::filesystem::remove_all(folder); }
  static std::string boundary(const redial::testing::SentRequest& request) {
    const std::string type(request.headers.get("Content-Type").value_or(""));
    return type.substr(type.find("boundary=") + 9);
  }
  std::string refusal(RequestOptions options) {
    const auto result = session.try_post("http://a.test/", std::move(options));
    EXPECT_FALSE(result.has_value());
    EXPECT_TRUE(transport->requests().empty());
    return result ? "" : result.error().what();
  }

  std::shared_ptr<ScriptedTransport> transport = std::make_shared<ScriptedTransport>();
  Session session;
  std::filesystem::path folder;
};

TEST_F(Forms, FieldsThenFilesInRequestsShapes) {
  transport->then(Scripted::answer(200));
  session.post("http://a.test/",
               {.form = Pairs{{"a", "1"}},
                .files = {{"path", folder / "report.pdf"},
                          {"text", {"x.csv", Body("a,b"), "text/csv", {{"Expires", "0"}}}}}});
  const auto request = transport->requests().at(0);
  const std::string mark = "--" + boundary(request);
  EXPECT_EQ(request.body,
            mark + "\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n" + mark +
                "\r\nContent-Disposition: form-data; name=\"path\"; filename=\"report.pdf\"\r\n"
                "Content-Type: application/pdf\r\n\r\n%PDF\r\n" +
                mark +
                "\r\nContent-Disposition: form-data; name=\"text\"; filename=\"x.csv\"\r\n"
                "Content-Type: text/csv\r\nExpires: 0\r\n\r\na,b\r\n" +
                mark + "--\r\n");
  EXPECT_FALSE(request.chunked);
}

TEST_F(Forms, TheBoundaryIsFixedForACallAndNewForTheNext) {
  transport->then(Scripted::answer(503))
      .then(Scripted::answer(307, {{"Location", "/x"}}))
      .then(Scripted::answer(200))
      .then(Scripted::answer(200));
  const auto send = [&] {
    session.put("http://a.test/", {.files = {{"f", folder / "report.pdf"}}});
  };
  send();
  send();
  const auto requests = transport->requests();
  ASSERT_EQ(requests.size(), 4U);
  EXPECT_EQ(requests[0].body, requests[1].body);  // replayed whole
  EXPECT_EQ(requests[0].body, requests[2].body);
  EXPECT_NE(boundary(requests[0]), boundary(requests[3]));
}

TEST_F(Forms, PartsInAnOrderOfTheirOwn) {
  transport->then(Scripted::answer(200));
  session.post("http://a.test/",
               {.multipart = {Part::file("f", folder / "report.pdf"), Part::field("after", "2")}});
  const std::string body = transport->requests().at(0).body;
  EXPECT_LT(body.find("%PDF"), body.find("after"));
}

TEST_F(Forms, WhatContradictsIsRefused) {
  const FormFiles files{{"f", folder / "report.pdf"}};
  EXPECT_NE(refusal({.body = "x", .files = files}).find("at most one"), std::string::npos);
  EXPECT_NE(refusal({.json = "{}", .files = files}).find("at most one"), std::string::npos);
  EXPECT_NE(refusal({.form = Pairs{}, .multipart = {Part::field("a", "b")}}).find("at most one"),
            std::string::npos);
  EXPECT_NE(refusal({.files = {{"f", folder / "none"}}}).find("RequestOptions.files: \"f\""),
            std::string::npos);
  EXPECT_NE(refusal({.headers = {{"Content-Type", "application/json"}}, .files = files})
                .find("Content-Type"),
            std::string::npos);
}

}  // namespace

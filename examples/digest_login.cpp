// A Digest login: the password never travels, the server's 401 is answered within the call, and the
// next call knows what the server asked for.

#include <iostream>

#include <redial/redial.hpp>
#include <redial/testing/fault_server.hpp>

int main() {
  using redial::testing::RecordedRequest;
  using redial::testing::Reply;
  redial::testing::FaultServer server;
  server.answer_with("/orders", [](const RecordedRequest& request) {
    if (request.header("Authorization").starts_with("Digest username=\"ada\""))
      return Reply{.status = 201, .body = "ordered"};
    return Reply{.status = 401,
                 .headers = {{"WWW-Authenticate",
                              "Digest realm=\"shop\", nonce=\"7c2e\", algorithm=SHA-256, "
                              "qop=\"auth\""}}};
  });

  redial::Session session;
  const redial::RequestOptions order{.json = R"({"item": 7})",
                                     .auth = redial::Auth::digest("ada", "secret")};
  const redial::Response first = session.post(server.url("/orders"), order);
  const redial::Response second = session.post(server.url("/orders"), order);
  std::cout << first.report().text() << second.report().text();

  for (const auto& request : server.requests()) {
    const std::string field = request.header("Authorization");
    if (field.find("secret") != std::string::npos) return 1;
    std::cout << "sent: " << (field.empty() ? "no credentials" : "a digest") << '\n';
  }
  const bool asked_once =
      first.report().attempts.size() == 2 && second.report().attempts.size() == 1;
  return first.status() == 201 && second.status() == 201 && asked_once ? 0 : 1;
}

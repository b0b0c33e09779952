// Policies from a file: which URL is ruled by which, and what the lint says about them.
// `policy_file [FILE]`; the default is the one beside this example.

#include <iostream>

#include <redial/redial.hpp>
#include <redial/testing/fault_server.hpp>

int main(int argc, char** argv) {
  try {
    const auto file = redial::PolicyFile::load(argc > 1 ? argv[1] : "policies/services.toml");
    for (const char* const url :
         {"https://api.example.com/v1/users", "https://api.example.com/v1/payments/7",
          "https://export.example.com/all", "https://elsewhere.example.org/"}) {
      const std::string& policy = file.policy_for(url);
      std::cout << url << ": " << (policy.empty() ? "redial's defaults" : policy) << '\n';
    }
    for (const auto& finding : redial::lint(file)) std::cout << finding.text() << '\n';

    redial::Session session;
    file.mount_on(session);

    redial::testing::FaultServer server;
    server.in_turn("/", {{.status = 503}, {.body = "hello"}});
    const auto response = session.get(server.url("/"));
    std::cout << response.body() << " after " << response.report().attempts.size() << " attempts\n";
    return response.report().attempts.size() == 2 ? 0 : 1;
  } catch (const redial::PolicyFileError& error) {
    std::cerr << error.what() << '\n';  // every error of the file, with its line
    return 2;
  }
}

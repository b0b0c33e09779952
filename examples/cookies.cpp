// A session logs in, is redirected, and keeps its cookies for the next run of the program.

#include <filesystem>
#include <iostream>

#include <redial/redial.hpp>
#include <redial/testing/fault_server.hpp>

int main() {
  redial::testing::FaultServer server;
  server.on("POST /login", {.status = 303,
                            .headers = {{"Location", "/account"},
                                        {"Set-Cookie", "session=abc; HttpOnly; Max-Age=600"}}});
  server.on("/account", {});
  const auto file = std::filesystem::temp_directory_path() /
                    ("redial-example-" + std::to_string(server.port()) + ".cookies");
  {
    redial::Session session;
    session.post(server.url("/login"), {.form = redial::Pairs{{"user", "ada"}}}).raise_for_status();
    session.cookies().save(file);
  }
  redial::Session next;
  const auto loaded = next.cookies().load(file);
  std::filesystem::remove(file);
  next.get(server.url("/account"), {.cookies = {{"lang", "en"}}}).raise_for_status();
  std::cout << loaded.count << " cookie: " << server.requests().back().header("Cookie") << '\n';
  return server.requests().back().header("Cookie") == "session=abc; lang=en" ? 0 : 1;
}

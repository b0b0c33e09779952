// Every page of a list, by its Link fields.

#include <iostream>

#include <redial/json.hpp>
#include <redial/redial.hpp>
#include <redial/testing/fault_server.hpp>

int main() {
  redial::testing::FaultServer server;
  server.on("/list", {.headers = {{"Link", "</list/2>; rel=\"next\""}}, .body = "[1, 2]"});
  server.on("/list/2", {.headers = {{"Link", "</list>; rel=\"prev\""}}, .body = "[3]"});

  redial::Session session;
  int sum = 0;
  for (std::optional<redial::Url> next(server.url("/list")); next;) {
    const auto page = session.get(next->str());
    page.raise_for_status();
    for (const auto& number : page.json()) sum += number.get<int>();
    next = page.link("next");
  }
  std::cout << sum << '\n';
  return sum == 6 ? 0 : 1;
}

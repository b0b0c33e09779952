// A form with a field and two files, one from disk and one from memory, sent as a browser does.

#include <filesystem>
#include <fstream>
#include <iostream>

#include <redial/redial.hpp>
#include <redial/testing/fault_server.hpp>

int main() {
  redial::testing::FaultServer server;
  server.in_turn("POST /upload", {{.status = 429}, {.status = 201}});  // the file goes out again
  const auto file = std::filesystem::temp_directory_path() /
                    ("redial-example-" + std::to_string(server.port()) + ".txt");
  std::ofstream(file) << "streamed from disk\n";

  redial::Session session;
  const auto response =
      session.post(server.url("/upload"),
                   {.form = redial::Pairs{{"title", "two files"}},
                    .files = {{"report", file},
                              {"data", {"data.csv", redial::Body("a,b\n1,2\n"), "text/csv"}}}});
  std::filesystem::remove(file);
  response.raise_for_status();
  std::cout << server.requests().back().body << response.report().text();
}

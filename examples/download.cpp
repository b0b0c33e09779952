// A download that breaks off twice: each time only the rest is asked for, and the file appears when
// it is whole.

#include <filesystem>
#include <iostream>

#include <redial/redial.hpp>
#include <redial/testing/fault_server.hpp>

int main() {
  using redial::testing::Reply;
  Reply whole{.headers = {{"ETag", "\"v1\""}}, .body = std::string(1'000'000, 'x'), .ranges = true};
  Reply cut = whole;
  cut.fault = Reply::Fault::cut_body;
  cut.cut_after = 400'000;
  redial::testing::FaultServer server;
  server.in_turn("GET /image.iso", {cut, cut, whole});

  const auto path = std::filesystem::temp_directory_path() /
                    ("redial-example-" + std::to_string(server.port()) + ".iso");
  redial::Session session;
  redial::FileSink file(path);
  const auto response = session.get(server.url("/image.iso"), {.sink = &file});
  response.raise_for_status();
  const auto size = std::filesystem::file_size(path);
  std::filesystem::remove(path);

  for (const auto& request : server.requests())
    std::cout << "asked for: " << request.header("Range") << '\n';
  std::cout << size << " bytes\n" << response.report().text();
  return size == 1'000'000 && response.report().attempts.back().resumed_at == 800'000 ? 0 : 1;
}

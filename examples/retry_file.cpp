// A file that another program is about to write, and code that reports by std::error_code: the same
// words serve both, as a call and as a block.

#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <system_error>

#include <unistd.h>
#include <redial/retrying/retrying.hpp>

using namespace std::chrono_literals;
namespace fs = std::filesystem;

int main() {
  const fs::path directory =
      fs::temp_directory_path() / ("redial-example-" + std::to_string(getpid()));
  fs::create_directory(directory);
  const fs::path incoming = directory / "incoming";
  const fs::path taken = directory / "taken";

  redial::CallReport report;
  redial::RetryOptions until_there{
      .retry_if = redial::retry_if::error_code(std::errc::no_such_file_or_directory),
      .stop = redial::stop::before_delay(5s),
      .wait = redial::wait::fixed(1ms) + redial::wait::random(0ms, 2ms),
      .before_sleep =
          [&](const redial::RetryState& state) {
            if (state.attempt_number == 3) std::ofstream(incoming) << "hello";
          },
      .report = &report,
      .name = "take the file",
  };

  // A callable that returns an error code.
  const std::error_code failed = redial::retry(until_there, [&] {
    std::error_code code;
    fs::rename(incoming, taken, code);
    return code;
  });
  if (failed) std::cout << failed.message() << '\n';
  std::cout << report.text();
  const bool fourth = report.attempts.size() == 4;

  // A block that throws one.
  std::uintmax_t size = 0;
  for (auto& attempt : redial::attempts(until_there)) attempt([&] { size = fs::file_size(taken); });

  const bool good = !failed && fourth && size == 5;
  fs::remove_all(directory);
  return good ? 0 : 1;
}

// A database that is busy: another connection holds the write lock for a moment.

#include <filesystem>
#include <iostream>
#include <memory>
#include <stdexcept>

#include <sqlite3.h>
#include <unistd.h>
#include <redial/retrying/log.hpp>
#include <redial/retrying/retrying.hpp>

using namespace std::chrono_literals;

namespace {

struct SqliteError : std::runtime_error {
  SqliteError(int result, const char* text) : std::runtime_error(text), code(result) {}
  int code;
};

class Database {
 public:
  explicit Database(const std::string& path) {
    sqlite3* opened = nullptr;
    const int result = sqlite3_open(path.c_str(), &opened);
    handle_.reset(opened);
    if (result != SQLITE_OK) throw SqliteError(result, sqlite3_errmsg(opened));
  }
  void run(const char* statement) {
    const int result = sqlite3_exec(handle_.get(), statement, nullptr, nullptr, nullptr);
    if (result != SQLITE_OK) throw SqliteError(result, sqlite3_errmsg(handle_.get()));
  }
  long long changes() const { return sqlite3_total_changes(handle_.get()); }

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close(handle); }
  };
  std::unique_ptr<sqlite3, Close> handle_;
};

}  // namespace

int main() {
  const auto path = std::filesystem::temp_directory_path() /
                    ("redial-example-" + std::to_string(getpid()) + ".db");
  Database other(path);
  Database mine(path);
  other.run("CREATE TABLE jobs (id INTEGER)");
  other.run("BEGIN IMMEDIATE");  // from now on nobody else may write

  int waits = 0;
  const redial::RetryOptions when_busy{
      .retry_if =
          [](const SqliteError& error) {
            return error.code == SQLITE_BUSY || error.code == SQLITE_LOCKED;
          },
      .stop = redial::stop::after_attempt(10),
      .wait = redial::wait::random_exponential({.multiplier = 2ms, .max = 100ms}),
      .deadline = 5s,
      .before_sleep =
          [&](const redial::RetryState& state) {
            redial::before_sleep_log([](std::string_view line) { std::cout << line << '\n'; })(
                state);
            if (++waits == 2) other.run("COMMIT");
          },
      .name = "insert",
  };
  redial::retry(when_busy, [&] { mine.run("INSERT INTO jobs VALUES (1)"); });

  // What is wrong for good is not repeated.
  int calls = 0;
  bool refused = false;
  try {
    redial::retry(when_busy, [&] {
      ++calls;
      mine.run("INSERT INTO nowhere VALUES (1)");
    });
  } catch (const SqliteError& error) {
    std::cout << error.what() << '\n';
    refused = true;
  }
  const bool good = mine.changes() == 1 && waits == 2 && refused && calls == 1;
  std::filesystem::remove(path);
  return good ? 0 : 1;
}

#include <redial/session/netrc.hpp>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include <pwd.h>
#include <unistd.h>

#include <redial/http/headers.hpp>

#include "http/read_file.hpp"

namespace redial {
inline namespace v0 {
namespace {

class Reader {
 public:
  Reader(std::string_view text, const std::string& name) : rest_(text), name_(name) {}

  // The next word, or nullopt at the end. A comment can stand only where a keyword is due.
  std::optional<std::string> keyword() {
    for (;;) {
      skip_space();
      if (rest_.empty()) return std::nullopt;
      if (rest_.front() != '#') return word();
      skip_line();
    }
  }
  std::string value(const char* of) {
    skip_space();
    if (rest_.empty()) fail(std::string(of) + " has no value");
    return word();
  }
  // A macro's body ends at an empty line.
  void skip_macro() {
    skip_line();
    while (!rest_.empty() && !at_empty_line()) skip_line();
  }
  [[noreturn]] void fail(const std::string& what) const {
    throw std::invalid_argument(name_ + ", line " + std::to_string(line_) + ": " + what);
  }

 private:
  void advance() {
    if (rest_.front() == '\n') ++line_;
    rest_.remove_prefix(1);
  }
  static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
  void skip_space() {
    while (!rest_.empty() && is_space(rest_.front())) advance();
  }
  void skip_line() {
    while (!rest_.empty() && rest_.front() != '\n') advance();
    if (!rest_.empty()) advance();
  }
  bool at_empty_line() const { return rest_.front() == '\n' || rest_.substr(0, 2) == "\r\n"; }
  std::string word() {
    if (rest_.front() == '"') return quoted();
    std::string text;
    while (!rest_.empty() && !is_space(rest_.front())) {
      text += rest_.front();
      advance();
    }
    return text;
  }
  std::string quoted() {
    advance();
    std::string text;
    while (!rest_.empty() && rest_.front() != '"' && rest_.front() != '\n') {
      if (rest_.front() == '\\' && rest_.size() > 1) {
        advance();
        const char c = rest_.front();
        text += c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c;
      } else {
        text += rest_.front();
      }
      advance();
    }
    if (rest_.empty() || rest_.front() != '"') fail("a quote is not closed");
    advance();
    if (!rest_.empty() && !is_space(rest_.front())) fail("something follows a closing quote");
    return text;
  }

  std::string_view rest_;
  const std::string& name_;
  std::size_t line_ = 1;
};

std::optional<std::filesystem::path> home() {
  if (const char* const named = std::getenv("HOME"); named != nullptr && *named != '\0') {
    return named;
  }
  passwd entry{};
  passwd* found = nullptr;
  char room[4096];
  if (getpwuid_r(getuid(), &entry, room, sizeof room, &found) != 0 || found == nullptr) {
    return std::nullopt;
  }
  return found->pw_dir;
}

}  // namespace

Netrc::Netrc() = default;

Netrc Netrc::parse(std::string_view text, const std::string& name) {
  Netrc netrc;
  Reader reader(text, name);
  bool in_entry = false;
  bool after_default = false;
  while (const auto keyword = reader.keyword()) {
    if (*keyword == "machine" || *keyword == "default") {
      if (after_default) reader.fail("an entry after default would never be asked");
      const bool is_default = *keyword == "default";
      netrc.entries_.push_back({is_default ? "" : reader.value("machine"), {}});
      if (!is_default && netrc.entries_.back().host.empty()) reader.fail("machine has no name");
      in_entry = true;
      after_default = is_default;
    } else if (*keyword == "macdef") {
      (void)reader.value("macdef");
      reader.skip_macro();
      in_entry = false;
    } else if (!in_entry) {
      reader.fail("expected machine, default or macdef");
    } else if (*keyword == "login" || *keyword == "user") {
      netrc.entries_.back().login.user = reader.value("login");
    } else if (*keyword == "password") {
      netrc.entries_.back().login.password = reader.value("password");
    } else if (*keyword == "account") {
      (void)reader.value("account");
    } else {
      reader.fail("expected login, password, account, machine, default or macdef");
    }
  }
  return netrc;
}

Netrc Netrc::read(const std::string& file) {
  return parse(detail::read_file(file), file);
}

std::optional<std::string> Netrc::default_file() {
  if (const char* const named = std::getenv("NETRC"); named != nullptr && *named != '\0') {
    return named;
  }
  const auto folder = home();
  if (!folder) return std::nullopt;
  for (const auto* const name : {".netrc", "_netrc"}) {
    std::error_code ignored;
    if (std::filesystem::exists(*folder / name, ignored)) return (*folder / name).string();
  }
  return std::nullopt;
}

Netrc Netrc::from_environment() noexcept {
  try {
    if (const auto file = default_file()) return read(*file);
  } catch (const std::exception&) {
    return {};
  }
  return {};
}

std::optional<Netrc::Login> Netrc::find(std::string_view host) const {
  for (const auto& entry : entries_) {
    const bool fits = entry.host.empty() || iequals(entry.host, host);
    if (fits && (!entry.login.user.empty() || !entry.login.password.empty())) return entry.login;
  }
  return std::nullopt;
}

}  // namespace v0
}  // namespace redial

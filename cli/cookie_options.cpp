#include "cookie_options.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <sstream>
#include <system_error>

#include <unistd.h>
#include <CLI/CLI.hpp>

#include "errors.hpp"
#include "output.hpp"

namespace redial::cli {
namespace {

// curl's rule: a = makes it cookies, anything else is a file's name.
bool is_string(const std::string& given) {
  return given.find('=') != std::string::npos;
}

}  // namespace

void declare_cookies(CLI::App& app, CookieFlags& flags, const char* group) {
  app.add_option("-b,--cookie", flags.cookie,
                 "cookies 'a=b; c=d' for this call, or a cookie file to read (no = in its name)")
      ->allow_extra_args(false)
      ->group(group);
  app.add_option("-c,--cookie-jar", flags.jar,
                 "write all cookies to this file afterwards; - is standard output")
      ->group(group);
}

Pairs call_cookies(const CookieFlags& flags) {
  Pairs cookies;
  for (const auto& given : flags.cookie) {
    if (!is_string(given)) continue;
    std::string part;
    for (std::istringstream parts(given); std::getline(parts, part, ';');) {
      const std::string_view pair = trim_ows(part);
      if (pair.empty()) continue;
      const auto equals = pair.find('=');
      const std::size_t value = equals == std::string_view::npos ? 0 : equals + 1;
      cookies.emplace_back(value == 0 ? "" : trim_ows(pair.substr(0, equals)),
                           trim_ows(pair.substr(value)));
    }
  }
  return cookies;
}

CookieFile::CookieFile(const CookieFlags& flags, CookieJar& jar, bool silent)
    : flags_(flags), jar_(jar) {
  for (const auto& given : flags.cookie) {
    if (given.empty() || is_string(given)) continue;  // -b '' only switches cookies on, in curl
    // The first run of `-b jar -c jar` has no jar yet.
    if (given == flags.jar && !std::filesystem::exists(given)) continue;
    try {
      const auto loaded = jar.load(given == "-" ? "/dev/stdin" : given);
      for (const auto line : loaded.bad_lines) {
        if (!silent) {
          std::fprintf(stderr, "redial: -b %s: line %zu is no cookie, left out\n", given.c_str(),
                       line);
        }
      }
    } catch (const std::system_error& error) {
      throw UsageError(std::string("-b: ") + error.what());
    }
  }
  if (flags.jar.empty() || flags.jar == "-") return;
  const auto path = std::filesystem::absolute(flags.jar);
  const bool exists = std::filesystem::exists(path);
  if (access(
          (exists && !std::filesystem::is_regular_file(path) ? path : path.parent_path()).c_str(),
          W_OK) != 0) {
    throw OutputError("-c " + flags.jar + ": " + std::generic_category().message(errno));
  }
}

void CookieFile::save() const {
  if (flags_.jar.empty()) return;
  if (flags_.jar == "-") return write_all(STDOUT_FILENO, jar_.text(), "standard output");
  try {
    jar_.save(flags_.jar);
  } catch (const std::system_error& error) {
    throw OutputError(std::string("-c: ") + error.what());
  }
}

}  // namespace redial::cli

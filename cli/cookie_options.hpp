#pragma once

#include <optional>
#include <string>
#include <vector>

#include <redial/redial.hpp>

namespace CLI {
class App;
}

namespace redial::cli {

/// -b and -c, as typed.
struct CookieFlags {
  std::vector<std::string> cookie;  ///< strings with a = in them, and files
  std::string jar;
};

void declare_cookies(CLI::App& app, CookieFlags& flags, const char* group);

/// The cookies that -b gives as strings: for this call, whatever the jar holds. Throws UsageError.
Pairs call_cookies(const CookieFlags& flags);

/// The files of -b, read into a jar at once, and the one of -c. Throws UsageError for a file that
/// cannot be read, OutputError for one that cannot be written, both before anything is sent.
class CookieFile {
 public:
  CookieFile(const CookieFlags& flags, CookieJar& jar, bool silent);
  /// Writes the jar to -c's file, whatever became of the call: the cookies came all the same.
  void save() const;

 private:
  const CookieFlags& flags_;
  CookieJar& jar_;
};

}  // namespace redial::cli

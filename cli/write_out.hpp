#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <redial/http/redact.hpp>
#include <redial/http/response.hpp>
#include <redial/policy/report.hpp>

namespace redial::cli {

/// What -w can tell of a finished call.
struct WriteOutFacts {
  const CallReport& report;
  const Response* response = nullptr;  ///< the last answer, or null
  std::uint64_t bytes = 0;             ///< of body, decoded where that was asked for
  int exit_code = 0;
  std::string output;  ///< the file that was written, or empty
  std::vector<std::string> secret_names = default_secret_query_names();  ///< of query parameters
};

/// The format of -w: `format` itself, or what stands in the file behind "@name".
///
/// Throws UsageError for a variable that we do not know, before anything is sent: curl warns and
/// prints nothing in its place, which a script takes for an empty value.
std::string checked_write_out(const std::string& format);

/// curl's -w: %{variable}, %header{name}, %%, \n, \r, \t. URLs are redacted.
std::string write_out(const std::string& format, const WriteOutFacts& facts);

}  // namespace redial::cli

#pragma once

/// Opt-in: `response.json()` and `.json = nlohmann::json{…}` with nlohmann's library (Debian:
/// nlohmann-json3-dev).

#include <nlohmann/json.hpp>

#include <redial/http/response.hpp>
#include <redial/session/errors.hpp>

namespace redial {
inline namespace v0 {

/// Parses a response's body. Throws BodyError naming URL, position and reason; an empty body is not
/// JSON either.
struct JsonFormat {
  static nlohmann::json parse(const Response& response) {
    try {
      const auto other = response.json_text();
      return nlohmann::json::parse(other ? *other : response.body());
    } catch (const nlohmann::json::parse_error& error) {
      Error(ErrorKind::body,
            "the answer from " + response.report().url + " is not JSON: " + error.what(),
            response.report(), response)
          .raise();
    }
  }
};

}  // namespace v0
}  // namespace redial

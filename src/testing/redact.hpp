#pragma once

#include <string>
#include <string_view>

#include <redial/http/headers.hpp>
#include <redial/testing/cassette.hpp>

namespace redial {
inline namespace v0 {
namespace testing {

/// `fields` without secrets, those of URLs in them (Location, Link) included.
Headers redacted(const Headers& fields, const Redaction& redaction);

std::string redacted_body(const Headers& fields, std::string body, const Redaction& redaction);

}  // namespace testing
}  // namespace v0
}  // namespace redial

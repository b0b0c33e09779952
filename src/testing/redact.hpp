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

/// A body without secrets, for people; also the text that one is expected to hold.
std::string without_secrets(std::string_view body, const Headers& fields = {});

}  // namespace testing
}  // namespace v0
}  // namespace redial

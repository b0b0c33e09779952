#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <redial/testing/ledger.hpp>

namespace redial {
inline namespace v0 {
namespace testing {

// What a proxy reads out of a request, and what it passes on.

struct Place {
  std::string host;
  std::uint16_t port = 80;
};

/// Of "host:port" or "http://host:port/…"; a host in brackets without them.
Place place_in(std::string_view target);

/// The request as the origin gets it.
std::string forwarded(const RecordedRequest& request);

}  // namespace testing
}  // namespace v0
}  // namespace redial

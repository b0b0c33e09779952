// What decides whether a part is the rest of a download: a Content-Range that is read has its
// bounds in order, digests have the length of their algorithm, and no fields whatever make a part
// of another length, or with another validator, the rest of ten bytes of which four are there. The
// input is the fields of the part, a line each.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <redial/http/text.hpp>

#include "http/content_range.hpp"
#include "http/digest_fields.hpp"
#include "session/partial_body.hpp"

using namespace redial;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

Headers fields_of(std::string_view text) {
  Headers headers;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    const auto colon = line.find(':');
    if (colon != std::string_view::npos) {
      headers.add_received(std::string(line.substr(0, colon)),
                           std::string(trim_ows(line.substr(colon + 1))));
    }
    text = end == std::string_view::npos ? "" : text.substr(end + 1);
  }
  return headers;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const Headers headers = fields_of({reinterpret_cast<const char*>(bytes), size});
  for (const auto value : headers.all("Content-Range")) {
    const auto range = detail::parse_content_range(value);
    if (!range) continue;
    require(!range->satisfied || range->first <= range->last);
    require(range->satisfied || range->complete.has_value());
    require(!range->satisfied || !range->complete || range->last < *range->complete);
  }
  for (const auto& digest : detail::digests_in(headers, "Repr-Digest"))
    require(digest.value.size() == (digest.algorithm == "sha-256" ? 32U : 64U));
  const std::string validator = detail::strong_validator(headers);
  require(validator.empty() || !validator.starts_with("W/"));

  detail::PartialBody partial;
  partial.begin({{"ETag", "\"v1\""}, {"Content-Length", "10"}}, false);
  partial.add(4);
  if (!partial.objection(headers)) {
    require(headers.get("ETag") == "\"v1\"");
    const auto range = detail::parse_content_range(headers.get("Content-Range").value_or(""));
    require(range && range->first == 4 && range->last <= 9);
    require(partial.has_room_for(range->last - 3) && !partial.has_room_for(range->last - 2));
  }

  detail::PartialBody own;
  if (!own.begin_part(headers, "bytes=4-") && own.has_room_for(~std::uint64_t{0}) == false) {
    const auto range = detail::parse_content_range(headers.get("Content-Range").value_or(""));
    require(range && range->first == 4);
    require(own.has_room_for(range->last - 3) && !own.has_room_for(range->last - 2));
  }
  return 0;
}

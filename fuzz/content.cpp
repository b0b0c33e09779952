// What an answer says about itself: any Content-Type, body and Link give valid UTF-8 and links that
// lead to http, or none. The first line is the Content-Type, the second the Link.

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include <redial/http/response.hpp>

#include "http/charset.hpp"
#include "http/response_builder.hpp"

using namespace redial;

namespace {

std::string_view take_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest = end == std::string_view::npos ? "" : rest.substr(end + 1);
  return line;
}

// By the table of RFC 3629 §4, with no code shared with what is tested.
bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto at = [&](std::size_t k) {
      return i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0U;
    };
    const auto tail = [&](std::size_t k) { return at(k) >= 0x80 && at(k) <= 0xBF; };
    const unsigned first = at(0);
    if (first < 0x80) {
      i += 1;
    } else if (first >= 0xC2 && first <= 0xDF && tail(1)) {
      i += 2;
    } else if (first >= 0xE0 && first <= 0xEF && tail(1) && tail(2) &&
               !(first == 0xE0 && at(1) < 0xA0) && !(first == 0xED && at(1) > 0x9F)) {
      i += 3;
    } else if (first >= 0xF0 && first <= 0xF4 && tail(1) && tail(2) && tail(3) &&
               !(first == 0xF0 && at(1) < 0x90) && !(first == 0xF4 && at(1) > 0x8F)) {
      i += 4;
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const auto request = std::make_shared<const Request>(Request::get("http://a.test/b/c"));
  std::string_view rest(reinterpret_cast<const char*>(bytes), size);
  ReceivedResponse received;
  received.status = 200;
  received.headers.add_received("Content-Type", std::string(take_line(rest)));
  received.headers.add_received("Link", std::string(take_line(rest)));
  received.body = std::string(rest);
  const Response response = ResponseBuilder::from(std::move(received), request);
  if (!is_utf8(response.text())) std::abort();
  if (const auto other = response.json_text(); other && !is_utf8(*other)) std::abort();
  for (const auto& link : response.links()) (void)response.link(link.rel());
  return 0;
}

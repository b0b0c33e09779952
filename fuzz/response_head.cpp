// Answers as the wire reads them: head found, checked, parsed, body framed and decoded, over any
// bytes.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <boost/asio/buffer.hpp>

#include "transport/wire/decode.hpp"
#include "transport/wire/head.hpp"
#include "transport/wire/parser.hpp"

using namespace redial;
using namespace redial::wire;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const std::size_t end = end_of_head(text, 0);
  if (end == std::string_view::npos) return 0;
  const NormalHead head = normalise_head(text.substr(0, end));
  if (head.error) return 0;
  if (head.status < 100 || head.status > 599) std::abort();
  const ReceiveLimits limits{.body_bytes = 1 << 20};
  ReceivedResponse response;
  AnswerParser parser(response, limits, false);
  boost::beast::error_code error;
  parser.put(boost::asio::buffer(head.text().data(), head.text().size()), error);
  if (!parser.head_done()) return 0;
  if (response.status != head.status) std::abort();
  std::size_t made = 0;
  Decoder decoder(response.headers, true, limits, [&](std::string_view piece) {
    made += piece.size();
    return true;
  });
  parser.set_decoder(&decoder);
  std::string_view rest = text.substr(end);
  while (!rest.empty() && !parser.is_done()) {
    error = {};
    const std::size_t used = parser.put(boost::asio::buffer(rest.data(), rest.size()), error);
    if (used == 0 || (error && error != boost::beast::http::error::need_more)) break;
    rest.remove_prefix(used);
  }
  (void)decoder.finish();
  if (made > limits.body_bytes) std::abort();
  return 0;
}

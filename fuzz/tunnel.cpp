// A proxy's answer to CONNECT, however it is cut: reading it never fails, a verdict stays what it
// was when more bytes come, and only an answer of 2xx with nothing behind it opens.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "transport/wire/tunnel.hpp"

namespace {

using namespace redial;
using namespace redial::wire;

class Asked final : public Exchange {
 public:
  Asked() {
    method = "GET";
    url = &target;
    headers = &fields;
    body = &none;
    proxy = &route;
    receive.head_bytes = 4096;
  }
  Sink* head(ReceivedResponse&) override { return nullptr; }
  void finished(Outcome) override {}

  Url target{"https://a.test/"};
  Headers fields;
  Body none;
  ProxyRoute route{Url("http://proxy.test:3128")};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const Asked exchange;
  const std::string_view all(reinterpret_cast<const char*>(bytes), size);
  const WallTime now{};
  bool refused = false;
  for (std::size_t count = 0; count <= size; ++count) {
    const auto answer = read_tunnel_answer(exchange, all.substr(0, count), false, now);
    if (refused && answer.state != TunnelAnswer::State::refused) std::abort();
    refused = answer.state == TunnelAnswer::State::refused;
    if (refused && answer.fault == Fault::none) std::abort();
    if (answer.state == TunnelAnswer::State::open &&
        all.substr(0, count).find("\n") == std::string_view::npos)
      std::abort();
  }
  const auto last = read_tunnel_answer(exchange, all, true, now);
  if (last.state == TunnelAnswer::State::incomplete) std::abort();
  return 0;
}

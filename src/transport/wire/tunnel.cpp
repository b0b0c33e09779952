#include "transport/wire/tunnel.hpp"

#include <algorithm>

#include <redial/http/retry_after.hpp>
#include <redial/http/text.hpp>

#include "transport/wire/head.hpp"

namespace redial {
inline namespace v0 {
namespace wire {
namespace {

std::string authority(const Url& url) {
  return url.origin().substr(url.scheme().size() + 3);
}

// The fields of a normalised head; what does not parse is left out.
Headers fields_of(std::string_view head) {
  Headers fields;
  head.remove_prefix(std::min(head.find("\r\n") + 2, head.size()));
  while (!head.empty()) {
    const auto end = std::min(head.find("\r\n"), head.size());
    const std::string_view line = head.substr(0, end);
    const auto colon = line.find(':');
    if (colon != std::string_view::npos && is_token(line.substr(0, colon)))
      fields.add_received(std::string(line.substr(0, colon)),
                          std::string(trim_ows(line.substr(colon + 1))));
    head.remove_prefix(std::min(end + 2, head.size()));
  }
  return fields;
}

TunnelAnswer refused(const Exchange& exchange, const std::string& what, Fault fault) {
  return {.state = TunnelAnswer::State::refused,
          .fault = fault,
          .detail = "the proxy " + exchange.proxy->url.origin() + " " + what};
}

}  // namespace

bool is_tunnelled(const Exchange& exchange) {
  return exchange.proxy != nullptr && exchange.url->is_tls();
}

std::string_view proxy_authorization(const Exchange& exchange) {
  if (!exchange.proxy->authorization.empty()) return exchange.proxy->authorization;
  return exchange.headers->get("Proxy-Authorization").value_or("");
}

void append_proxy_key(const Exchange& exchange, std::string& key) {
  key.append(" by ").append(exchange.proxy->url.origin());
  // A tunnel was opened for whoever asked for it; requests to the proxy itself say each who asks.
  if (is_tunnelled(exchange)) key.append(" ").append(proxy_authorization(exchange));
}

void write_connect(const Exchange& exchange, std::string& out) {
  const std::string origin = authority(*exchange.url);
  out.append("CONNECT ").append(origin).append(" HTTP/1.1\r\nHost: ").append(origin);
  if (const auto agent = exchange.headers->get("User-Agent"))
    out.append("\r\nUser-Agent: ").append(*agent);
  if (const auto credentials = proxy_authorization(exchange); !credentials.empty())
    out.append("\r\nProxy-Authorization: ").append(credentials);
  out.append("\r\n\r\n");
}

TunnelAnswer read_tunnel_answer(const Exchange& exchange, std::string_view bytes, bool at_end,
                                WallTime now) {
  for (std::uint32_t interim = 0;; ++interim) {
    const std::size_t size = end_of_head(bytes, 0);
    if (std::min(size, bytes.size()) > exchange.receive.head_bytes ||
        interim > exchange.receive.interim_answers)
      return refused(exchange, "answered CONNECT with a head without end", Fault::proxy_refused);
    if (size == std::string_view::npos) {
      if (!at_end) return {};
      return refused(exchange, "closed the connection instead of answering CONNECT",
                     Fault::proxy_refused);
    }
    const NormalHead head = normalise_head(bytes.substr(0, size));
    bytes.remove_prefix(size);
    const bool opens = head.status >= 200 && head.status < 300;
    // RFC 9110 §9.3.6: framing fields of an answer that opens a tunnel mean nothing.
    if ((head.error && !opens) || head.status == 101) {
      return refused(exchange, "answered CONNECT with " + head.error.value_or("an upgrade"),
                     Fault::proxy_refused);
    }
    if (head.status < 200) continue;
    if (opens && bytes.empty()) return {.state = TunnelAnswer::State::open};
    if (opens) {
      return refused(exchange, "sent bytes into the tunnel that nobody asked for",
                     Fault::proxy_refused);
    }
    const std::string_view text = head.text();
    const std::string_view status = text.substr(0, text.find("\r\n")).substr(9);
    TunnelAnswer answer = refused(exchange, "answered CONNECT with " + printable(trim_ows(status)),
                                  proxy_fault_of(head.status));
    answer.retry_after = retry_after_of(fields_of(text), now);
    return answer;
  }
}

}  // namespace wire
}  // namespace v0
}  // namespace redial

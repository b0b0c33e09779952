#include "transport/wire/request_head.hpp"

#include "http/char_set.hpp"
#include "http/framing.hpp"

#include "transport/wire/tunnel.hpp"

namespace redial {
inline namespace v0 {
namespace wire {
namespace {

// What would end a line or a value, or change how either is read. A tab may stand in a value.
constexpr auto k_breaks_value = detail::CharSet::control().without('\t');
constexpr auto k_breaks_word = detail::CharSet::control().with(" ");
constexpr auto k_breaks_name = k_breaks_word.with(":");

// RFC 9110 §8.6: these say how much follows even when nothing does.
bool expects_content(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

}  // namespace

std::optional<std::string> unsendable(const Exchange& exchange) {
  if (exchange.method.empty() || k_breaks_word.contains_any(exchange.method))
    return "the method has characters that no method has";
  if (k_breaks_word.contains_any(exchange.url->target()))
    return "the URL has characters that no request line has";
  int hosts = 0;
  for (const auto& field : *exchange.headers) {
    hosts += iequals(field.name, "Host") ? 1 : 0;
    if (field.name.empty() || k_breaks_name.contains_any(field.name)) {
      return "a header name has characters that no name has";
    }
    if (k_breaks_value.contains_any(field.value))
      return "header " + field.name + " has a control character in its value";
  }
  if (hosts > 1) return "header Host is there more than once";  // RFC 9112 §3.2
  return std::nullopt;
}

void write_request_head(const Exchange& exchange, std::string& out) {
  // RFC 9112 §3.2.2: a proxy is asked for the whole URL, unless a tunnel leads past it.
  const bool by_proxy = exchange.proxy != nullptr && !is_tunnelled(exchange);
  out.append(exchange.method).append(" ");
  if (by_proxy) out.append("http://").append(exchange.url->host_header());
  out.append(exchange.url->target()).append(" HTTP/1.1\r\n");
  if (!exchange.headers->contains("Host"))
    out.append("Host: ").append(exchange.url->host_header()).append("\r\n");
  for (const auto& field : *exchange.headers) {
    if (detail::is_framing_field(field.name)) continue;  // framing follows from the body alone
    if (iequals(field.name, "Proxy-Authorization")) continue;  // the route's, for its proxy alone
    // RFC 9110 §10.1.1: not without content.
    if (exchange.body->absent() && iequals(field.name, "Expect")) continue;
    out.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  if (by_proxy) {
    if (const auto credentials = proxy_authorization(exchange); !credentials.empty())
      out.append("Proxy-Authorization: ").append(credentials).append("\r\n");
  }
  const auto length = exchange.body->length();
  if (!length) {
    out.append("Transfer-Encoding: chunked\r\n");
  } else if (!exchange.body->absent() || expects_content(exchange.method)) {
    out.append("Content-Length: ").append(std::to_string(*length)).append("\r\n");
  }
  out.append("\r\n");
}

}  // namespace wire
}  // namespace v0
}  // namespace redial

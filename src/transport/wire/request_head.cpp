#include "transport/wire/request_head.hpp"

#include <algorithm>

namespace redial {
inline namespace v0 {
namespace wire {
namespace {

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7F;
  });
}

bool has_space_or_control(std::string_view text) {
  return text.empty() || has_control(text) || text.find_first_of(" \t") != std::string_view::npos;
}

// RFC 9110 §8.6: these say how much follows even when nothing does.
bool expects_content(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

bool is_framing(std::string_view name) {
  return iequals(name, "Content-Length") || iequals(name, "Transfer-Encoding");
}

}  // namespace

std::optional<std::string> unsendable(const Exchange& exchange) {
  if (has_space_or_control(exchange.method)) return "the method has characters that no method has";
  if (has_space_or_control(exchange.url->target()))
    return "the URL has characters that no request line has";
  for (const auto& field : *exchange.headers) {
    if (has_space_or_control(field.name) || field.name.find(':') != std::string::npos) {
      return "a header name has characters that no name has";
    }
    if (has_control(field.value))
      return "header " + field.name + " has a control character in its value";
  }
  return std::nullopt;
}

void write_request_head(const Exchange& exchange, std::string& out) {
  out.append(exchange.method).append(" ").append(exchange.url->target()).append(" HTTP/1.1\r\n");
  if (!exchange.headers->contains("Host"))
    out.append("Host: ").append(exchange.url->host_header()).append("\r\n");
  for (const auto& field : *exchange.headers) {
    if (is_framing(field.name)) continue;  // framing follows from the body alone
    out.append(field.name).append(": ").append(field.value).append("\r\n");
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

#include "testing/answer.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace redial {
inline namespace v0 {
namespace testing {
namespace {

using Ends = Acceptor::Ends;
using Fault = Reply::Fault;

constexpr std::array<std::string_view, 14> k_faults{
    "none",          "close_after_head", "close_in_upload",  "reset_in_upload",
    "stop_reading",  "close_after_read", "reset_after_read", "stall",
    "cut_head",      "reset_in_head",    "stall_in_head",    "cut_body",
    "reset_in_body", "stall_in_body"};
constexpr std::array<std::string_view, 3> k_idle{"keep", "close", "reset"};

std::string chunk(std::string_view bytes) {
  char size[24];
  std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  return std::string(size).append(bytes).append("\r\n");
}

std::string head_of(const Reply& reply, bool without_body) {
  std::string head = "HTTP/1.1 " + std::to_string(reply.status) + " " + reply.reason + "\r\n";
  for (const auto& [name, value] : reply.headers)
    head.append(name).append(": ").append(value).append("\r\n");
  if (reply.chunked) {
    head += "Transfer-Encoding: chunked\r\n";
  } else if (!reply.close_delimited && reply.status != 204 && !(reply.endless && !without_body)) {
    head += "Content-Length: " + std::to_string(reply.body.size()) + "\r\n";
  }
  if (reply.close) head += "Connection: close\r\n";
  return head + "\r\n";
}

std::string body_of(const Reply& reply) {
  if (!reply.chunked) return reply.body;
  return (reply.body.empty() ? "" : chunk(reply.body)) + "0\r\n\r\n";
}

bool write_slowly(Channel& channel, std::string_view bytes, std::chrono::milliseconds drip) {
  if (drip.count() <= 0) return channel.write(bytes);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (!channel.write(bytes.substr(i, 1)) || !channel.pause(drip)) return false;
  }
  return true;
}

void write_without_end(Channel& channel, const Reply& reply) {
  std::string piece = reply.body.empty() ? "endless " : reply.body;
  while (piece.size() < 16384) piece += piece;
  if (reply.chunked) piece = chunk(piece);
  while (write_slowly(channel, piece, reply.drip_body)) {
  }
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// The code of a status line that the bytes begin with: HTTP/d.d, a space, three digits (RFC 9112
// §4); else 0.
int status_in(std::string_view bytes) {
  constexpr std::string_view k_form = "HTTP/d.d ddd";
  if (bytes.size() < k_form.size()) return 0;
  for (std::size_t i = 0; i < k_form.size(); ++i) {
    if (k_form[i] == 'd' ? !is_digit(bytes[i]) : bytes[i] != k_form[i]) return 0;
  }
  if (bytes.size() > k_form.size() && is_digit(bytes[k_form.size()])) return 0;
  return std::stoi(std::string(bytes.substr(9, 3)));
}

// One phase of the answer, and what goes wrong in it.
struct Part {
  std::string bytes;
  std::chrono::milliseconds drip;
  Fault cut, reset, stall;
};

// True when the answer goes on after it; else `answered` says how it ends.
bool write_part(Channel& channel, const Reply& reply, const Part& part, Answered& answered) {
  const bool fails =
      reply.fault == part.cut || reply.fault == part.reset || reply.fault == part.stall;
  const std::string_view bytes = part.bytes;
  if (!fails) return write_slowly(channel, bytes, part.drip);
  write_slowly(channel, bytes.substr(0, std::min(reply.cut_after, bytes.size())), part.drip);
  if (reply.fault == part.stall) channel.stall();
  answered.ends = reply.fault == part.reset ? Ends::reset : Ends::silently;
  return false;
}

}  // namespace

std::string_view to_string(Reply::Fault fault) noexcept {
  return k_faults[static_cast<std::size_t>(fault)];
}
std::string_view to_string(Reply::Idle idle) noexcept {
  return k_idle[static_cast<std::size_t>(idle)];
}

void note_answer(const Reply& reply, RecordedRequest& request) {
  request.fault = reply.fault;
  if (reply.fault != Fault::none && reply.fault < Fault::cut_head) return;
  if (!request.complete && !reply.early) return;  // the client went before there was one
  if (!reply.raw.empty()) {
    request.raw = true;
    request.fault = Fault::none;
    request.status = status_in(reply.raw);
    return;
  }
  const bool cut = reply.fault >= Fault::cut_head && reply.fault <= Fault::stall_in_head;
  const std::string line = "HTTP/1.1 " + std::to_string(reply.status);
  request.status = cut && reply.cut_after < line.size() ? 0 : reply.status;
}

Answered write_answer(Channel& channel, const Reply& reply, bool without_body) {
  Answered answered{.ends = reply.close_notify ? Ends::goodbye : Ends::silently};
  if (!channel.pause(reply.delay_head)) return answered;
  switch (reply.fault) {
    case Fault::close_after_read:
      return {.ends = Ends::silently};
    case Fault::reset_after_read:
      return {.ends = Ends::reset};
    case Fault::stall:
      channel.stall();
      return {.ends = Ends::silently};
    default:
      break;
  }
  if (!channel.write(reply.before)) return answered;
  if (!reply.raw.empty()) {
    answered.open = write_slowly(channel, reply.raw, reply.drip_head) && !reply.close;
    return answered;
  }
  const bool has_body = !without_body && reply.status != 204 && reply.status != 304;
  const std::string content = has_body ? body_of(reply) : std::string();
  // What follows an answer goes in one piece with its last byte: a peer that has read the answer
  // has the rest too.
  const Part head{head_of(reply, without_body) + (content.empty() ? reply.after : ""),
                  reply.drip_head, Fault::cut_head, Fault::reset_in_head, Fault::stall_in_head};
  if (!write_part(channel, reply, head, answered)) return answered;
  if (!channel.pause(reply.delay_body)) return answered;
  if (reply.endless && has_body) {
    write_without_end(channel, reply);
    return answered;
  }
  const Part body{content.empty() ? "" : content + reply.after, reply.drip_body, Fault::cut_body,
                  Fault::reset_in_body, Fault::stall_in_body};
  if (!write_part(channel, reply, body, answered)) return answered;
  answered.open = !reply.close && !reply.close_delimited;
  return answered;
}

}  // namespace testing
}  // namespace v0
}  // namespace redial

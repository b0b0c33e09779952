#include "fate.hpp"

#include <array>
#include <chrono>
#include <string>

namespace campaign {
namespace {

using redial::testing::FaultServer;
using redial::testing::KeyRules;
using redial::testing::Reply;
using Fault = Reply::Fault;
using Idle = Reply::Idle;
using Bits = std::uint8_t;

enum : Bits {
  k_acts = 1,
  k_chunked = 2,
  // Only where the round has one caller, who waits until it has happened, and for a first arrival,
  // whose answer ends the call: bytes that come after the look at a connection nobody can tell from
  // an answer.
  k_alone = 4,
  k_no_fault = 8,
  k_long_hint = 16,
};

/// One line of the table: how many of a thousand arrivals, and what is other than the plain answer.
struct Line {
  std::uint32_t share;
  std::string_view name;
  Bits bits = k_acts;
  int status = 200;
  const char* field = "";  // "Name: value"
  Fault fault = Fault::none;
  std::size_t cut_after = 0;
  Idle idle = Idle::keep;
  const char* idle_bytes = "";
  const char* after = "";
  const char* raw = "";
};

constexpr const char* k_rogue = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong";
constexpr const char* k_rogue_408 =
    "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

// Half of what is cut had its effect, half had not: a server that dies does so before or after.
constexpr std::array k_table{
    Line{25, "closed after reading, acted", k_acts, 200, "", Fault::close_after_read},
    Line{15, "closed after reading, not acted", 0, 200, "", Fault::close_after_read},
    Line{25, "reset after reading, acted", k_acts, 200, "", Fault::reset_after_read},
    Line{15, "reset after reading, not acted", 0, 200, "", Fault::reset_after_read},
    Line{8, "closed after the head", 0, 200, "", Fault::close_after_head},
    Line{8, "reset in the upload", 0, 200, "", Fault::reset_in_upload},
    Line{5, "half a status line, acted", k_acts, 200, "", Fault::cut_head, 7},
    Line{15, "half a head, acted", k_acts, 200, "", Fault::cut_head, 30},
    Line{15, "half a head, not acted", 0, 200, "", Fault::cut_head, 30},
    Line{8, "half a head, reset, acted", k_acts, 200, "", Fault::reset_in_head, 30},
    Line{15, "half a body, acted", k_acts, 200, "", Fault::cut_body, 4},
    Line{15, "half a body, not acted", 0, 200, "", Fault::cut_body, 4},
    Line{8, "half a body, reset, acted", k_acts, 200, "", Fault::reset_in_body, 4},
    Line{8, "cut in a chunk, acted", k_acts | k_chunked, 200, "", Fault::cut_body, 6},
    Line{20, "503, Retry-After: 0", 0, 503, "Retry-After: 0"},
    Line{3, "503, Retry-After: 3600", k_long_hint, 503, "Retry-After: 3600"},
    Line{10, "503", 0, 503},
    Line{10, "500, acted", k_acts, 500},
    Line{8, "500, not acted", 0, 500},
    Line{10, "502, acted", k_acts, 502},
    Line{8, "502, not acted", 0, 502},
    Line{8, "504, acted", k_acts, 504},
    Line{20, "429, Retry-After: 0", 0, 429, "Retry-After: 0"},
    Line{10, "429", 0, 429},
    Line{10, "408", 0, 408},
    Line{5, "425", 0, 425},
    Line{5, "421", 0, 421},
    Line{8, "307", 0, 307, "Location: /moved"},
    Line{8, "303, acted", k_acts, 303, "Location: /done"},
    Line{4, "no HTTP, acted", k_acts, 200, "", Fault::none, 0, Idle::keep, "", "",
         "\x01\x02\xff\r\n\r\n\x80\x81"},
    Line{4, "lengths that differ, acted", k_acts, 200, "", Fault::none, 0, Idle::keep, "", "",
         "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 2\r\n\r\ndone"},
    Line{4, "an unknown coding, acted", k_acts, 200, "", Fault::none, 0, Idle::keep, "", "",
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: foo\r\n\r\ndone"},
    Line{10, "an answer too many", k_acts, 200, "", Fault::none, 0, Idle::keep, "", k_rogue},
    Line{15, "closed while idle", k_acts, 200, "", Fault::none, 0, Idle::close},
    Line{10, "reset while idle", k_acts, 200, "", Fault::none, 0, Idle::reset},
    Line{1, "silence, acted", k_acts, 200, "", Fault::stall},
    Line{20, "an answer nobody asked for", k_acts | k_alone, 200, "", Fault::none, 0, Idle::keep,
         k_rogue},
    Line{5, "a 408 nobody asked for", k_acts | k_alone, 200, "", Fault::none, 0, Idle::keep,
         k_rogue_408},
    Line{15, "103 before it", k_acts | k_no_fault, 200, "", Fault::none},
};

// A request that is wrong is so each time it comes.
constexpr std::array<int, 3> k_for_good{400, 404, 422};
enum : std::uint64_t { k_draw_for_good = 1U << 22U, k_draw_which };

Reply reply_of(const Line& line, std::string_view id) {
  Reply reply{.status = line.status, .body = answer_to(id)};
  const std::string_view field = line.field;
  if (const auto colon = field.find(": "); colon != std::string_view::npos)
    reply.headers.emplace_back(field.substr(0, colon), field.substr(colon + 2));
  reply.acts = (line.bits & k_acts) != 0;
  reply.chunked = (line.bits & k_chunked) != 0;
  reply.fault = line.fault;
  reply.cut_after = line.cut_after;
  reply.idle = line.idle;
  reply.idle_bytes = line.idle_bytes;
  reply.after = line.after;
  reply.raw = line.raw;
  reply.close = !reply.raw.empty();
  if ((line.bits & k_no_fault) != 0)
    reply.before = "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n";
  return reply;
}

}  // namespace

std::string answer_to(std::string_view id) {
  return "done " + std::string(id);
}

Fate fate_of(const Round& round, std::uint32_t number, std::uint32_t arrival) {
  const std::string id = std::to_string(round.number) + "-" + std::to_string(number);
  if (per_mille(round.seed, round.number, number, k_draw_for_good) < 8) {
    const auto which = drawn(round.seed, round.number, number, k_draw_which) % k_for_good.size();
    return {.name = "refused for good", .reply = {.status = k_for_good[which]}, .is_fault = true};
  }
  std::uint32_t left = per_mille(round.seed, round.number, number, arrival);
  for (const Line& line : k_table) {
    if ((line.bits & k_alone) != 0 && (!round.is_alone() || arrival > 1)) continue;
    if ((line.bits & k_long_hint) != 0 && !round.long_hints) continue;
    if (left < line.share)
      return {.name = line.name,
              .reply = reply_of(line, id),
              .is_fault = (line.bits & k_no_fault) == 0};
    left -= line.share;
  }
  return {.reply = {.body = answer_to(id), .acts = true}};
}

void strike_connections(FaultServer& server, const Round& round) {
  using OnAccept = FaultServer::OnAccept;
  if (!round.is_alone()) return;
  if (round.tls) {
    server.when_accepted({.probability = 0.05}, OnAccept::close_in_handshake);
    server.when_accepted({.probability = 0.05}, OnAccept::reset_in_handshake);
  } else {
    server.when_accepted({.probability = 0.03}, OnAccept::close_unread);
    server.when_accepted({.probability = 0.03}, OnAccept::reset_unread);
    server.when_accepted({.probability = 0.03}, OnAccept::reset);
  }
}

KeyRules keys_of(const Round& round) {
  KeyRules keys;
  keys.compares_payloads = true;
  keys.in_progress = round.number % 4 == 3 ? 1 : 0;
  return keys;
}

}  // namespace campaign

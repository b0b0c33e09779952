#include "fault_fields.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <redial/http/text.hpp>

namespace redial::cli {
namespace {

using Kind = JsonView::Kind;
using testing::KeyRules;
using testing::Reply;
using testing::When;

constexpr double k_most_ms = 3'600'000;
constexpr double k_most = 1e9;

template <class T>
FaultFields::Change set(T Reply::*member, T value) {
  return [member, value = std::move(value)](Reply& reply) { reply.*member = value; };
}

// The three numbers of a window: `from` and `until` are due, `period` is not.
template <class Window, class Read>
Window window(const FaultFields& fields, JsonView view, std::string_view name, Read read) {
  fields.expect(view, Kind::object, name, "an object");
  Window window;
  window.until = window.from;
  fields.members(view, [&](JsonView key, JsonView value) {
    const std::string field = key.string();
    if (field == "from") {
      window.from = read(value, field);
    } else if (field == "until") {
      window.until = read(value, field);
    } else if (field == "period") {
      window.period = read(value, field);
    } else {
      fields.fail(key, "unknown field \"" + printable(field) + "\"; " + std::string(name) +
                           " has from, until, period");
    }
  });
  if (window.until <= window.from)
    fields.fail(view, std::string(name) + ": until must be after from");
  return window;
}

}  // namespace

void FaultFields::fail(JsonView at, const std::string& why) const {
  throw JsonError(static_cast<std::size_t>(at.raw().data() - text_.data()), why);
}

void FaultFields::expect(JsonView value, Kind kind, std::string_view field,
                         const char* what) const {
  if (!value.is(kind)) fail(value, std::string(field) + " must be " + what);
}

int FaultFields::number(JsonView value, std::string_view field, double low, double high) const {
  if (!value.is(Kind::number) || !(value.number() >= low && value.number() <= high) ||
      value.number() != std::floor(value.number())) {
    fail(value, std::string(field) + " must be a whole number from " +
                    std::to_string(static_cast<long>(low)) + " to " +
                    std::to_string(static_cast<long>(high)));
  }
  return static_cast<int>(value.number());
}

double FaultFields::share(JsonView value, std::string_view field) const {
  if (!value.is(Kind::number) || !(value.number() >= 0 && value.number() <= 1))
    fail(value, std::string(field) + " must be a number from 0 to 1");
  return value.number();
}

std::string FaultFields::text(JsonView value, std::string_view field) const {
  expect(value, Kind::string, field, "a string");
  return value.string();
}

std::string FaultFields::bytes(JsonView value, std::string_view field) const {
  auto decoded = base64_decode(text(value, field));
  if (!decoded) fail(value, std::string(field) + " is not base64");
  return *std::move(decoded);
}

bool FaultFields::yes_or_no(JsonView value, std::string_view field) const {
  expect(value, Kind::boolean, field, "true or false");
  return value.boolean();
}

std::chrono::milliseconds FaultFields::span(JsonView value, std::string_view field) const {
  return std::chrono::milliseconds(number(value, field, 0, k_most_ms));
}

FaultFields::Change FaultFields::reply_field(JsonView key, JsonView value) const {
  const std::string field = key.string();
  if (Change change = framing(field, value)) return change;
  if (Change change = going_wrong(field, value)) return change;
  if (Change change = afterwards(field, value)) return change;
  fail(key,
       "unknown field \"" + printable(field) +
           "\"; a reply has status, reason, headers, body, body_base64, ranges, chunked, "
           "close_delimited, "
           "endless, raw, raw_base64, before, after, fault, cut_after, upload_read, delay_head_ms, "
           "delay_body_ms, drip_head_ms, drip_body_ms, early, drains, ignores_expect, close, "
           "close_notify, acts, idle_bytes, idle, delay_idle_ms, times");
}

FaultFields::Change FaultFields::framing(const std::string& field, JsonView value) const {
  if (field == "status") return set(&Reply::status, number(value, field, 0, 999));
  if (field == "reason") return set(&Reply::reason, text(value, field));
  if (field == "headers") return headers(value);
  if (field == "body") return set(&Reply::body, text(value, field));
  if (field == "body_base64") return set(&Reply::body, bytes(value, field));
  if (field == "ranges") return set(&Reply::ranges, yes_or_no(value, field));
  if (field == "chunked") return set(&Reply::chunked, yes_or_no(value, field));
  if (field == "close_delimited") return set(&Reply::close_delimited, yes_or_no(value, field));
  if (field == "endless") return set(&Reply::endless, yes_or_no(value, field));
  if (field == "raw") return set(&Reply::raw, text(value, field));
  if (field == "raw_base64") return set(&Reply::raw, bytes(value, field));
  if (field == "before") return set(&Reply::before, text(value, field));
  if (field == "after") return set(&Reply::after, text(value, field));
  return nullptr;
}

FaultFields::Change FaultFields::going_wrong(const std::string& field, JsonView value) const {
  const auto size = [&] { return static_cast<std::size_t>(number(value, field, 0, k_most)); };
  if (field == "fault") return set(&Reply::fault, word(value, field, Reply::Fault::stall_in_body));
  if (field == "cut_after") return set(&Reply::cut_after, size());
  if (field == "upload_read") return set(&Reply::upload_read, size());
  if (field == "delay_head_ms") return set(&Reply::delay_head, span(value, field));
  if (field == "delay_body_ms") return set(&Reply::delay_body, span(value, field));
  if (field == "drip_head_ms") return set(&Reply::drip_head, span(value, field));
  if (field == "drip_body_ms") return set(&Reply::drip_body, span(value, field));
  if (field == "early") return set(&Reply::early, yes_or_no(value, field));
  if (field == "drains") return set(&Reply::drains, yes_or_no(value, field));
  if (field == "ignores_expect") return set(&Reply::ignores_expect, yes_or_no(value, field));
  return nullptr;
}

FaultFields::Change FaultFields::afterwards(const std::string& field, JsonView value) const {
  if (field == "close") return set(&Reply::close, yes_or_no(value, field));
  if (field == "close_notify") return set(&Reply::close_notify, yes_or_no(value, field));
  if (field == "acts") return set(&Reply::acts, yes_or_no(value, field));
  if (field == "idle_bytes") return set(&Reply::idle_bytes, text(value, field));
  if (field == "idle") return set(&Reply::idle, word(value, field, Reply::Idle::reset));
  if (field == "delay_idle_ms") return set(&Reply::delay_idle, span(value, field));
  return nullptr;
}

// They are added to those that are there.
FaultFields::Change FaultFields::headers(JsonView value) const {
  expect(value, Kind::object, "headers", "an object");
  std::vector<std::pair<std::string, std::string>> added;
  value.members([&](JsonView key, JsonView given) {
    const std::string name = key.string();
    const std::string field = "header " + printable(name);
    if (given.is(Kind::array)) {
      given.elements([&](JsonView one) { added.emplace_back(name, text(one, field)); });
    } else {
      added.emplace_back(name, text(given, field));
    }
  });
  return [added](Reply& reply) {
    reply.headers.insert(reply.headers.end(), added.begin(), added.end());
  };
}

When FaultFields::when(JsonView view) const {
  expect(view, Kind::object, "when", "an object");
  When when;
  members(view, [&](JsonView key, JsonView value) {
    const std::string field = key.string();
    if (field == "route") {
      when.route = text(value, field);
    } else if (field == "header") {
      when.header = text(value, field);
    } else if (field == "requests") {
      when.requests = window<When::Count>(
          *this, value, field,
          [this](JsonView one, std::string_view name) { return number(one, name, 0, k_most); });
    } else if (field == "time_ms") {
      when.time = window<When::Time>(
          *this, value, field,
          [this](JsonView one, std::string_view name) { return span(one, name); });
    } else if (field == "every") {
      when.every = number(value, field, 1, k_most);
    } else if (field == "first_on_connection") {
      when.first_on_connection = number(value, field, 1, k_most);
    } else if (field == "probability") {
      when.probability = share(value, field);
    } else if (field == "at_most") {
      when.at_most = number(value, field, 1, k_most);
    } else {
      fail(key, "unknown field \"" + printable(field) +
                    "\"; when has route, header, requests, time_ms, every, first_on_connection, "
                    "probability, at_most");
    }
  });
  return when;
}

const testing::NamedFault* FaultFields::named(JsonView value,
                                              testing::NamedFault::Role role) const {
  const auto* const fault = testing::find_fault(text(value, "named"));
  if (fault == nullptr) fail(value, "named: no such fault; redial fault-server --list shows all");
  if (role == testing::NamedFault::Role::proxy) {
    if (fault->role == role) return fault;
    fail(value, "named: " + fault->name + " is not one of a proxy");
  }
  if (fault->accept || fault->handshake || fault->replies) return fault;
  fail(value, "named: " + fault->name + " is not one of a server's connection or answer");
}

testing::FaultProxy::Answer FaultFields::proxy_answer(JsonView view) const {
  using Goes = testing::FaultProxy::Answer::Kind;
  expect(view, Kind::object, "reply", "an object");
  Reply reply{.status = 502};
  members(view, [&](JsonView key, JsonView value) {
    const std::string field = key.string();
    const Change change = field == "fault" ? going_wrong(field, value) : framing(field, value);
    constexpr std::array<std::string_view, 6> known{"status", "reason",      "headers",
                                                    "body",   "body_base64", "fault"};
    if (!change || std::find(known.begin(), known.end(), field) == known.end())
      fail(key, "unknown field \"" + printable(field) +
                    "\"; a proxy's reply has status, reason, headers, body, body_base64, fault");
    change(reply);
  });
  Goes kind = Goes::reply;
  switch (reply.fault) {
    case Reply::Fault::none:
      break;
    case Reply::Fault::close_after_read:
      kind = Goes::close;
      break;
    case Reply::Fault::reset_after_read:
      kind = Goes::reset;
      break;
    case Reply::Fault::stall:
      kind = Goes::stall;
      break;
    case Reply::Fault::cut_head:
      kind = Goes::cut_head;
      break;
    default:
      fail(view,
           "a proxy's fault must be one of none, close_after_read, reset_after_read, stall, "
           "cut_head");
  }
  return {.kind = kind,
          .status = reply.status,
          .reason = std::move(reply.reason),
          .headers = std::move(reply.headers),
          .body = std::move(reply.body)};
}

KeyRules FaultFields::keys(JsonView view) const {
  expect(view, Kind::object, "keys", "an object");
  KeyRules keys;
  members(view, [&](JsonView key, JsonView value) {
    const std::string field = key.string();
    if (field == "header") {
      keys.header = text(value, field);
    } else if (field == "honoured") {
      keys.honoured = yes_or_no(value, field);
    } else if (field == "required") {
      keys.required = yes_or_no(value, field);
    } else if (field == "compares_payloads") {
      keys.compares_payloads = yes_or_no(value, field);
    } else if (field == "in_progress") {
      keys.in_progress = number(value, field, 0, k_most);
    } else if (field == "forgets_after") {
      keys.forgets_after = number(value, field, 0, k_most);
    } else if (field == "ttl_ms") {
      keys.ttl = span(value, field);
    } else {
      fail(key, "unknown field \"" + printable(field) +
                    "\"; keys has header, honoured, required, compares_payloads, in_progress, "
                    "forgets_after, ttl_ms");
    }
  });
  return keys;
}

}  // namespace redial::cli

#include "fault_script.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

#include <redial/http/text.hpp>

#include "errors.hpp"
#include "json_view.hpp"

namespace redial::cli {
namespace {

using Kind = JsonView::Kind;
using testing::FaultServer;
using testing::Reply;

constexpr double k_most_times = 100'000;

template <class Enum>
struct Name {
  std::string_view name;
  Enum value;
};

constexpr std::array<Name<Reply::Fault>, 11> k_faults{{
    {"none", Reply::Fault::none},
    {"close_after_head", Reply::Fault::close_after_head},
    {"close_after_read", Reply::Fault::close_after_read},
    {"reset_after_read", Reply::Fault::reset_after_read},
    {"stall", Reply::Fault::stall},
    {"cut_head", Reply::Fault::cut_head},
    {"reset_in_head", Reply::Fault::reset_in_head},
    {"stall_in_head", Reply::Fault::stall_in_head},
    {"cut_body", Reply::Fault::cut_body},
    {"reset_in_body", Reply::Fault::reset_in_body},
    {"stall_in_body", Reply::Fault::stall_in_body},
}};
constexpr std::array<Name<FaultServer::OnAccept>, 5> k_accepts{{
    {"serve", FaultServer::OnAccept::serve},
    {"close", FaultServer::OnAccept::close},
    {"reset", FaultServer::OnAccept::reset},
    {"stall", FaultServer::OnAccept::stall},
    {"plain_text", FaultServer::OnAccept::plain_text},
}};
constexpr std::array<Name<FaultServer::Tls>, 5> k_tls{{
    {"none", FaultServer::Tls::none},
    {"good", FaultServer::Tls::good},
    {"expired", FaultServer::Tls::expired},
    {"self_signed", FaultServer::Tls::self_signed},
    {"wrong_host", FaultServer::Tls::wrong_host},
}};

class ScriptReader {
 public:
  ScriptReader(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  FaultScript read() {
    try {
      const JsonView script = JsonView::parse(text_);
      read_script(script);
    } catch (const JsonError& error) {
      const auto line =
          1 + std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(error.offset),
                         '\n');
      throw UsageError(name_ + ", line " + std::to_string(line) + ": " + error.what());
    }
    return std::move(script_);
  }

 private:
  [[noreturn]] void fail(JsonView at, const std::string& why) const {
    throw JsonError(static_cast<std::size_t>(at.raw().data() - text_.data()), why);
  }

  void expect(JsonView value, Kind kind, std::string_view field, const char* what) const {
    if (!value.is(kind)) fail(value, std::string(field) + " must be " + what);
  }

  template <class Enum, std::size_t N>
  Enum word(JsonView value, std::string_view field, const std::array<Name<Enum>, N>& names) const {
    std::string known;
    for (const auto& one : names) {
      if (value.is(Kind::string) && value.string() == one.name) return one.value;
      known.append(known.empty() ? "" : ", ").append(one.name);
    }
    fail(value, std::string(field) + " must be one of " + known);
  }

  double number(JsonView value, std::string_view field, double low, double high) const {
    if (!value.is(Kind::number) || !(value.number() >= low && value.number() <= high) ||
        value.number() != std::floor(value.number())) {
      fail(value, std::string(field) + " must be a whole number from " +
                      std::to_string(static_cast<long>(low)) + " to " +
                      std::to_string(static_cast<long>(high)));
    }
    return value.number();
  }

  std::string text(JsonView value, std::string_view field) const {
    expect(value, Kind::string, field, "a string");
    return value.string();
  }

  bool yes_or_no(JsonView value, std::string_view field) const {
    expect(value, Kind::boolean, field, "true or false");
    return value.boolean();
  }

  std::chrono::milliseconds delay(JsonView value, std::string_view field) const {
    return std::chrono::milliseconds(static_cast<long>(number(value, field, 0, 3'600'000)));
  }

  void read_script(JsonView script) {
    expect(script, Kind::object, "a script", "an object");
    script.members([&](JsonView key, JsonView value) {
      const std::string field = key.string();
      if (field == "tls") {
        script_.options.tls = word(value, field, k_tls);
      } else if (field == "max_tls_version") {
        script_.options.max_tls_version = static_cast<int>(number(value, field, 12, 13));
      } else if (field == "close_notify") {
        script_.options.close_notify = yes_or_no(value, field);
      } else if (field == "accept") {
        expect(value, Kind::array, field, "an array");
        value.elements(
            [&](JsonView one) { script_.accept.push_back(word(one, field, k_accepts)); });
      } else if (field == "routes") {
        expect(value, Kind::object, field, "an object");
        value.members([&](JsonView route, JsonView replies) { read_route(route, replies); });
      } else {
        fail(key, "unknown field \"" + printable(field) +
                      "\"; a script has tls, max_tls_version, close_notify, accept, routes");
      }
    });
    if (script_.routes.empty()) fail(script, "routes is missing: nothing would be answered");
  }

  void read_route(JsonView key, JsonView replies) {
    const std::string route = key.string();
    const auto slash = route.find('/');
    const bool named =
        slash == 0 || (slash != std::string::npos && slash > 1 && route[slash - 1] == ' ' &&
                       is_token(std::string_view(route).substr(0, slash - 1)));
    if (!route.empty() && !named)
      fail(key, R"(a route is "METHOD /path", "/path" or "" for everything else)");
    for (const auto& [other, list] : script_.routes) {
      if (other == route) fail(key, "route \"" + printable(route) + "\" is given twice");
    }
    std::vector<Reply> list;
    if (replies.is(Kind::array)) {
      replies.elements([&](JsonView one) { read_reply(one, list); });
      if (list.empty()) fail(replies, "a route needs at least one reply");
    } else {
      read_reply(replies, list);
    }
    script_.routes.emplace_back(route, std::move(list));
  }

  void read_reply(JsonView view, std::vector<Reply>& into) {
    expect(view, Kind::object, "a reply", "an object");
    Reply reply;
    std::size_t times = 1;
    view.members([&](JsonView key, JsonView value) {
      const std::string field = key.string();
      if (field == "times") {
        times = static_cast<std::size_t>(number(value, field, 1, k_most_times));
      } else if (!read_framing(reply, field, value) && !read_fault(reply, field, value)) {
        fail(key, "unknown field \"" + printable(field) +
                      "\"; a reply has status, reason, headers, body, body_base64, chunked, "
                      "close_delimited, raw, before, after, fault, cut_after, delay_head_ms, "
                      "delay_body_ms, early, close, acts, times");
      }
    });
    into.insert(into.end(), times, reply);
  }

  bool read_framing(Reply& reply, const std::string& field, JsonView value) {
    if (field == "status") {
      reply.status = static_cast<int>(number(value, field, 0, 999));
    } else if (field == "reason") {
      reply.reason = text(value, field);
    } else if (field == "headers") {
      expect(value, Kind::object, field, "an object");
      value.members([&](JsonView name, JsonView one) { add_header(reply, name.string(), one); });
    } else if (field == "body") {
      reply.body = text(value, field);
    } else if (field == "body_base64") {
      auto bytes = base64_decode(text(value, field));
      if (!bytes) fail(value, "body_base64 is not base64");
      reply.body = *std::move(bytes);
    } else if (field == "chunked") {
      reply.chunked = yes_or_no(value, field);
    } else if (field == "close_delimited") {
      reply.close_delimited = yes_or_no(value, field);
    } else if (field == "raw") {
      reply.raw = text(value, field);
    } else if (field == "before") {
      reply.before = text(value, field);
    } else if (field == "after") {
      reply.after = text(value, field);
    } else {
      return false;
    }
    return true;
  }

  bool read_fault(Reply& reply, const std::string& field, JsonView value) {
    if (field == "fault") {
      reply.fault = word(value, field, k_faults);
    } else if (field == "cut_after") {
      reply.cut_after = static_cast<std::size_t>(number(value, field, 0, 1e9));
    } else if (field == "delay_head_ms") {
      reply.delay_head = delay(value, field);
    } else if (field == "delay_body_ms") {
      reply.delay_body = delay(value, field);
    } else if (field == "early") {
      reply.early = yes_or_no(value, field);
    } else if (field == "close") {
      reply.close = yes_or_no(value, field);
    } else if (field == "acts") {
      reply.acts = yes_or_no(value, field);
    } else {
      return false;
    }
    return true;
  }

  void add_header(Reply& reply, const std::string& name, JsonView value) const {
    if (value.is(Kind::array)) {
      value.elements([&](JsonView one) { add_header(reply, name, one); });
    } else {
      reply.headers.emplace_back(name, text(value, "header " + printable(name)));
    }
  }

  std::string_view text_;
  const std::string& name_;
  FaultScript script_;
};

}  // namespace

void FaultScript::load_into(FaultServer& server) const {
  for (const auto& [route, replies] : routes) server.in_turn(route, replies);
  server.on_accept(accept);
}

FaultScript parse_fault_script(std::string_view text, const std::string& name) {
  return ScriptReader(text, name).read();
}

}  // namespace redial::cli

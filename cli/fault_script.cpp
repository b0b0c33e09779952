#include "fault_script.hpp"

#include <algorithm>
#include <optional>

#include <redial/http/text.hpp>

#include "errors.hpp"
#include "fault_fields.hpp"

namespace redial::cli {
namespace {

using Kind = JsonView::Kind;
using testing::FaultProxy;
using testing::FaultServer;
using testing::NamedFault;
using testing::Reply;
using testing::When;

constexpr double k_most_times = 100'000;

class ScriptReader {
 public:
  ScriptReader(std::string_view text, const std::string& name)
      : text_(text), name_(name), fields_(text) {}

  FaultScript read() {
    try {
      const JsonView script = JsonView::parse(text_);
      fields_.expect(script, Kind::object, "a script", "an object");
      script.members([&](JsonView key, JsonView value) {  // it says how to read the others
        if (key.string() == "proxy") script_.proxy = fields_.yes_or_no(value, "proxy");
      });
      script_.proxy ? read_proxy(script) : read_server(script);
    } catch (const JsonError& error) {
      const auto line =
          1 + std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(error.offset),
                         '\n');
      throw UsageError(name_ + ", line " + std::to_string(line) + ": " + error.what());
    }
    return std::move(script_);
  }

 private:
  void read_server(JsonView script) {
    fields_.members(script, [&](JsonView key, JsonView value) {
      const std::string field = key.string();
      if (field != "proxy" && !read_option(field, value) && !read_behaviour(field, value)) {
        fields_.fail(key, "unknown field \"" + printable(field) +
                              "\"; a script has tls, max_tls_version, close_notify, seed, "
                              "id_header, keys, accept, routes, rules, proxy");
      }
    });
    if (script_.routes.empty())
      fields_.fail(script, "routes is missing: nothing would be answered");
    if (handshake_ && script_.options.tls == FaultServer::Tls::none)
      fields_.fail(*handshake_, "a handshake goes wrong over TLS alone: tls is missing");
  }

  void read_proxy(JsonView script) {
    fields_.members(script, [&](JsonView key, JsonView value) {
      const std::string field = key.string();
      if (field == "tls") {
        script_.options.tls = fields_.word(value, field, FaultServer::Tls::good);
      } else if (field == "rules") {
        fields_.expect(value, Kind::array, field, "an array");
        value.elements([&](JsonView one) { read_proxy_rule(one); });
      } else if (field == "seed" || field == "id_header") {
        read_option(field, value);
      } else if (field != "proxy") {
        fields_.fail(key, "unknown field \"" + printable(field) +
                              "\"; the script of a proxy has proxy, tls, seed, id_header, rules");
      }
    });
  }

  bool read_option(const std::string& field, JsonView value) {
    FaultServer::Options& options = script_.options;
    if (field == "tls") {
      options.tls = fields_.word(value, field, FaultServer::Tls::wrong_chain);
    } else if (field == "max_tls_version") {
      options.max_tls_version = fields_.number(value, field, 11, 13);
    } else if (field == "close_notify") {
      options.close_notify = fields_.yes_or_no(value, field);
    } else if (field == "seed") {
      options.seed = static_cast<std::uint64_t>(fields_.number(value, field, 0, 2e9));
    } else if (field == "id_header") {
      options.id_header = fields_.text(value, field);
    } else if (field == "keys") {
      options.keys = fields_.keys(value);
    } else {
      return false;
    }
    return true;
  }

  bool read_behaviour(const std::string& field, JsonView value) {
    if (field == "accept") {
      fields_.expect(value, Kind::array, field, "an array");
      value.elements([&](JsonView one) {
        script_.accept.push_back(fields_.word(one, field, FaultServer::OnAccept::plain_text));
      });
    } else if (field == "routes") {
      fields_.expect(value, Kind::object, field, "an object");
      value.members([&](JsonView route, JsonView replies) { read_route(route, replies); });
    } else if (field == "rules") {
      fields_.expect(value, Kind::array, field, "an array");
      value.elements([&](JsonView one) { read_rule(one); });
    } else {
      return false;
    }
    return true;
  }

  void read_route(JsonView key, JsonView replies) {
    const std::string route = key.string();
    const auto slash = route.find('/');
    const bool named =
        slash == 0 || (slash != std::string::npos && slash > 1 && route[slash - 1] == ' ' &&
                       is_token(std::string_view(route).substr(0, slash - 1)));
    if (!route.empty() && !named)
      fields_.fail(key, R"(a route is "METHOD /path", "/path" or "" for everything else)");
    for (const auto& [other, list] : script_.routes) {
      if (other == route) fields_.fail(key, "route \"" + printable(route) + "\" is given twice");
    }
    std::vector<Reply> list;
    if (replies.is(Kind::array)) {
      replies.elements([&](JsonView one) { read_reply(one, list); });
      if (list.empty()) fields_.fail(replies, "a route needs at least one reply");
    } else {
      read_reply(replies, list);
    }
    script_.routes.emplace_back(route, std::move(list));
  }

  void read_reply(JsonView view, std::vector<Reply>& into) {
    fields_.expect(view, Kind::object, "a reply", "an object");
    Reply reply;
    std::size_t times = 1;
    fields_.reply_members(view, [&](JsonView key, JsonView value) {
      if (key.string() == "times") {
        times = static_cast<std::size_t>(fields_.number(value, "times", 1, k_most_times));
      } else {
        fields_.reply_field(key, value)(reply);
      }
    });
    into.insert(into.end(), times, reply);
  }

  // {"when": {…}, "reply": {…}} is what a proxy answers itself; "named" is as a server's.
  void read_proxy_rule(JsonView view) {
    fields_.expect(view, Kind::object, "a rule", "an object");
    When when;
    std::optional<FaultProxy::Answer> answer;
    int answers = 0;
    fields_.members(view, [&](JsonView key, JsonView value) {
      const std::string field = key.string();
      if (field == "when") {
        when = fields_.when(value);
      } else if (field == "reply") {
        answer = fields_.proxy_answer(value);
        ++answers;
      } else if (field == "named") {
        answer = fields_.named(value, NamedFault::Role::proxy)->answer;
        ++answers;
      } else {
        fields_.fail(key, "unknown field \"" + printable(field) +
                              "\"; a proxy's rule has when, and one of reply, named");
      }
    });
    if (answers != 1) fields_.fail(view, "a proxy's rule needs one of reply, named");
    script_.answers.emplace_back(std::move(when), *std::move(answer));
  }

  // {"when": {…}, "reply": {…}} changes the fields that it names, {"when": {…}, "accept": "reset"}
  // and {"when": {…}, "tls": "expired"} are for connections, {"when": {…}, "named": "F21-rst"} is a
  // fault of the catalogue.
  void read_rule(JsonView view) {
    fields_.expect(view, Kind::object, "a rule", "an object");
    When when;
    std::vector<FaultScript::Change> changes;
    std::optional<FaultServer::OnAccept> accept;
    std::optional<FaultServer::Handshake> handshake;
    const NamedFault* named = nullptr;
    fields_.members(view, [&](JsonView key, JsonView value) {
      const std::string field = key.string();
      if (field == "when") {
        when = fields_.when(value);
      } else if (field == "reply") {
        fields_.expect(value, Kind::object, field, "an object");
        fields_.reply_members(value, [&](JsonView name, JsonView one) {
          changes.push_back(fields_.reply_field(name, one));
        });
      } else if (field == "accept") {
        accept = fields_.word(value, field, FaultServer::OnAccept::plain_text);
      } else if (field == "tls") {
        handshake = {.certificate = fields_.word(value, field, FaultServer::Tls::wrong_chain)};
      } else if (field == "named") {
        named = fields_.named(value, NamedFault::Role::server);
      } else {
        fields_.fail(key, "unknown field \"" + printable(field) +
                              "\"; a rule has when, and one of reply, accept, tls, named");
      }
    });
    if ((accept ? 1 : 0) + (changes.empty() ? 0 : 1) + (handshake ? 1 : 0) +
            (named != nullptr ? 1 : 0) !=
        1)
      fields_.fail(view, "a rule needs one of reply, accept, tls, named");
    if (handshake || (named != nullptr && named->handshake)) handshake_ = view;
    if (named != nullptr) {
      script_.named.emplace_back(std::move(when), named);
    } else if (handshake) {
      script_.handshake_rules.emplace_back(std::move(when), *handshake);
    } else if (accept) {
      script_.accept_rules.emplace_back(std::move(when), *accept);
    } else {
      script_.rules.emplace_back(std::move(when), [changes](Reply& reply) {
        for (const auto& change : changes) change(reply);
      });
    }
  }

  std::string_view text_;
  const std::string& name_;
  const FaultFields fields_;
  FaultScript script_;
  std::optional<JsonView> handshake_;  // a rule that needs TLS
};

}  // namespace

void FaultScript::load_into(FaultServer& server) const {
  for (const auto& [route, replies] : routes) server.in_turn(route, replies);
  for (const auto& [which, change] : rules) server.when(which, change);
  for (const auto& [which, what] : accept_rules) server.when_accepted(which, what);
  for (const auto& [which, what] : handshake_rules) server.when_accepted(which, what);
  for (const auto& [which, fault] : named) fault->load_into(server, which);
  server.on_accept(accept);
}

void FaultScript::load_into(FaultProxy& server) const {
  for (const auto& [which, answer] : answers) server.when(which, answer);
}

FaultScript parse_fault_script(std::string_view text, const std::string& name) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // a byte order mark means nothing
  return ScriptReader(text, name).read();
}

}  // namespace redial::cli

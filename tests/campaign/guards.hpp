#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string_view>

#include <redial/redial.hpp>

#include "client.hpp"
#include "tally.hpp"

namespace campaign {

/// What redial does that keeps a call's end true. The campaign takes each away in turn, from
/// outside, and must notice; docs/campaign.md has the table.
enum class Guard : std::uint8_t {
  gate,         ///< what may have happened is not sent again
  status_gate,  ///< a 5xx does not say "not processed"
  evidence,     ///< a send that has left is never taken for one that has not
  one_send,     ///< an attempt is one physical send
  key,          ///< the idempotency key stays the same over a call's attempts
  head,         ///< a head is whole at its blank line, not before
  body,         ///< a body is whole, or it is no answer
  quiet,        ///< an idle connection is looked at before it is used
  doubt,        ///< what may have happened is told as such
  unsent,       ///< what was not sent is tried again
};

struct GuardInfo {
  Guard guard;
  std::string_view name;
  std::string_view what;
  Wrong expected;          ///< what comes of it in the campaign, without it
  std::string_view cells;  ///< of the conformance matrix, where it is missed
};
inline constexpr std::array<GuardInfo, 10> k_guards{{
    {Guard::gate, "gate", "sent and unanswered: a POST is not sent again", Wrong::duplicate,
     "F16-rst, POST, "},
    {Guard::status_gate, "status-gate", "500, 502, 503, 504: a POST is not sent again",
     Wrong::duplicate, "F36-502, POST, "},
    {Guard::evidence, "evidence", "`not_sent` only when no byte left", Wrong::duplicate,
     "F16-rst, POST, "},
    {Guard::one_send, "one-send", "an attempt is one physical send, on a reused connection too",
     Wrong::duplicate, "F17-rst, POST, "},
    {Guard::key, "key", "the same idempotency key over all attempts", Wrong::second_for_key,
     "F16-rst, POST with key, "},
    {Guard::head, "head", "a head is read to its blank line", Wrong::no_effect, "F21-fin, POST, "},
    {Guard::body, "body", "a body is whole, or it is no success", Wrong::no_effect,
     "F26-fin, POST, "},
    {Guard::quiet, "quiet", "an idle connection is looked at before it is used",
     Wrong::foreign_answer, "F18b-200, POST, "},
    {Guard::doubt, "doubt", "`in_doubt` is an outcome of its own", Wrong::lost, "F16-rst, POST, "},
    {Guard::unsent, "unsent", "`not_sent` is tried again, whatever the method",
     Wrong::unsent_given_up, "F1-refused, POST, "},
}};
const GuardInfo* guard_of(std::string_view name);

/// These do as redial does, but for the guard that is missing.
std::shared_ptr<redial::Transport> without(std::optional<Guard> guard,
                                           std::shared_ptr<redial::Transport> transport);
void take_out(std::optional<Guard> guard, redial::Retry& retry);
void take_out(std::optional<Guard> guard, redial::RequestOptions& options);
void take_out(std::optional<Guard> guard, redial::CallReport& report);
/// `quiet` is inside the wire: for the whole process.
void trust_idle_connections(bool trust);

}  // namespace campaign

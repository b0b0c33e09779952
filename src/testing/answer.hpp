#pragma once

#include <redial/testing/reply.hpp>

#include "testing/acceptor.hpp"
#include "testing/channel.hpp"

namespace redial {
inline namespace v0 {
namespace testing {

/// Writes the answer that a reply describes, up to where it goes wrong.
///
/// Returns whether the connection goes on, and how it ends if it does not.
struct Answered {
  bool open = false;
  Acceptor::Ends ends = Acceptor::Ends::goodbye;
};
Answered write_answer(Channel& channel, const Reply& reply, bool without_body);

/// Notes in the ledger's line what that answer will be.
void note_answer(const Reply& reply, RecordedRequest& request);

}  // namespace testing
}  // namespace v0
}  // namespace redial

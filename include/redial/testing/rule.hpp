#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <redial/config.hpp>
#include <redial/testing/match.hpp>
#include <redial/testing/scripted.hpp>
#include <redial/testing/sent_request.hpp>

namespace redial {
inline namespace v0 {
namespace testing {

/// What requests of one kind come to, and which there were. Made by `ScriptedTransport::on`, lives
/// as long as it.
///
/// Answers are given in the order in which they were added; the last repeats, unless `strictly`. A
/// rule without answers answers 200. Thread safety: safe.
class REDIAL_EXPORT Rule {
 public:
  using Compute = std::function<Scripted(const SentRequest&)>;

  Rule& answer(Scripted attempt);
  Rule& answer(int status, Headers headers = {}, std::string body = {});
  Rule& fail(Fault fault);
  /// Computed when it is its turn, on the thread of the call (of several calls at once, if there
  /// are several). What it throws leaves the call.
  Rule& answer_with(Compute compute);
  /// Each answer is given once; then the rule matches nothing any more.
  Rule& strictly();
  /// It is no problem when answers of this rule are left over.
  Rule& optionally();

  std::size_t count() const { return requests().size(); }
  bool called() const { return count() > 0; }
  bool called_once() const { return count() == 1; }
  /// Oldest first.
  std::vector<SentRequest> requests() const;
  std::optional<SentRequest> last_request() const;
  /// Answers that were never given.
  std::size_t left() const;
  std::string description() const;

 private:
  friend class ScriptedTransport;
  struct History;
  Rule(Match match, std::size_t number, std::shared_ptr<History> history);

  // All below: with the history's mutex held.
  std::size_t answers() const { return answers_.empty() ? 1 : answers_.size(); }
  std::size_t unused() const { return given_ < answers() ? answers() - given_ : 0; }
  bool used_up() const { return strict_ && unused() == 0; }
  /// Why it does not take `request`; empty: it does.
  std::vector<std::string> objections(const SentRequest& request) const;
  Compute next();

  const Match match_;
  const std::size_t number_;
  const std::shared_ptr<History> history_;
  std::vector<Compute> answers_;
  std::size_t given_ = 0;
  bool strict_ = false;
  bool optional_ = false;
};

}  // namespace testing
}  // namespace v0
}  // namespace redial

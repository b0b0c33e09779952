#include <redial/testing/rule.hpp>

#include <utility>

#include "testing/history.hpp"

namespace redial {
inline namespace v0 {
namespace testing {

Rule::Rule(Match match, std::size_t number, std::shared_ptr<History> history)
    : match_(std::move(match)), number_(number), history_(std::move(history)) {}

Rule& Rule::answer(Scripted attempt) {
  return answer_with([attempt = std::move(attempt)](const SentRequest&) { return attempt; });
}

Rule& Rule::answer(int status, Headers headers, std::string body) {
  return answer(Scripted::answer(status, std::move(headers), std::move(body)));
}

Rule& Rule::fail(Fault fault) {
  return answer(Scripted::failing(fault));
}

Rule& Rule::answer_with(Compute compute) {
  const std::lock_guard lock(history_->mutex);
  answers_.push_back(shared(std::move(compute)));
  return *this;
}

Rule& Rule::strictly() {
  const std::lock_guard lock(history_->mutex);
  strict_ = true;
  return *this;
}

Rule& Rule::optionally() {
  const std::lock_guard lock(history_->mutex);
  optional_ = true;
  return *this;
}

std::vector<SentRequest> Rule::requests() const {
  return history_->select([this](const auto& entry) { return entry.rule == number_; });
}

std::optional<SentRequest> Rule::last_request() const {
  auto all = requests();
  if (all.empty()) return std::nullopt;
  return std::move(all.back());
}

std::size_t Rule::left() const {
  const std::lock_guard lock(history_->mutex);
  return unused();
}

std::string Rule::description() const {
  return match_.description();
}

std::vector<std::string> Rule::objections(const SentRequest& request) const {
  auto reasons = match_.mismatches(request);
  if (used_up()) {
    reasons.push_back(answers() == 1 ? "its one answer was given"
                                     : "its " + std::to_string(answers()) + " answers were given");
  }
  return reasons;
}

Rule::Compute Rule::next() {
  const std::size_t turn = given_++;
  if (answers_.empty()) return [](const SentRequest&) { return Scripted(); };
  return answers_[std::min(turn, answers_.size() - 1)];
}

}  // namespace testing
}  // namespace v0
}  // namespace redial

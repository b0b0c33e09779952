#include <redial/retrying/retry_if.hpp>

#include <algorithm>
#include <stdexcept>

#include <boost/regex.hpp>

#include "retrying/describe.hpp"

namespace redial {
inline namespace v0 {

struct RetryCondition::Content {
  Function condition;
  Check check;
};

namespace {

using Conditions = std::vector<RetryCondition>;

// A condition on the message of whatever exception there is.
template <class F>
RetryCondition on_message(F condition) {
  return retry_if::predicate([own = std::move(condition)](const RetryState& state) {
    return state.outcome.exception() && own(detail::message_of(state.outcome.exception()));
  });
}

boost::regex compiled(const std::string& regex) {
  try {
    return boost::regex(regex);
  } catch (const boost::regex_error& error) {
    throw std::invalid_argument("retry_if::exception_message_match: \"" + regex +
                                "\": " + error.what());
  }
}

bool begins_with(const std::string& text, const boost::regex& regex) {
  return boost::regex_search(text, regex, boost::match_continuous);
}

RetryCondition joined(const char* name, Conditions conditions, bool needs_all) {
  if (conditions.empty()) throw std::invalid_argument(std::string(name) + ": needs a condition");
  auto shared = std::make_shared<const Conditions>(std::move(conditions));
  return RetryCondition(
      [shared, needs_all](const RetryState& state) {
        const auto met = [&](const RetryCondition& one) { return one(state); };
        return needs_all ? std::all_of(shared->begin(), shared->end(), met)
                         : std::any_of(shared->begin(), shared->end(), met);
      },
      [shared](const detail::ResultTypes& types) {
        for (const auto& one : *shared) one.check(types);
      });
}

}  // namespace

RetryCondition::RetryCondition(Function condition, Check check)
    : content_(std::make_shared<const Content>(Content{std::move(condition), std::move(check)})) {}

bool RetryCondition::operator()(const RetryState& state) const {
  return content_->condition(state);
}

void RetryCondition::check(const detail::ResultTypes& types) const {
  if (content_->check) content_->check(types);
}

RetryCondition operator|(RetryCondition one, RetryCondition other) {
  return retry_if::any({std::move(one), std::move(other)});
}
RetryCondition operator&(RetryCondition one, RetryCondition other) {
  return retry_if::all({std::move(one), std::move(other)});
}
RetryCondition operator!(RetryCondition one) {
  auto shared = std::make_shared<const RetryCondition>(std::move(one));
  return RetryCondition([shared](const RetryState& state) { return !(*shared)(state); },
                        [shared](const detail::ResultTypes& types) { shared->check(types); });
}

namespace retry_if {

RetryCondition always() {
  return predicate([](const RetryState&) { return true; });
}
RetryCondition never() {
  return predicate([](const RetryState&) { return false; });
}
RetryCondition any(std::vector<RetryCondition> conditions) {
  return joined("retry_if::any", std::move(conditions), false);
}
RetryCondition all(std::vector<RetryCondition> conditions) {
  return joined("retry_if::all", std::move(conditions), true);
}

RetryCondition no_value() {
  return predicate([](const RetryState& state) { return state.outcome.lacks_value(); });
}
RetryCondition error_code(std::error_condition condition) {
  return predicate([condition](const RetryState& state) {
    const auto code = state.outcome.code();
    return code && *code == condition;
  });
}
RetryCondition error_code(std::error_code wanted) {
  return predicate([wanted](const RetryState& state) { return state.outcome.code() == wanted; });
}

RetryCondition exception_message(std::string text) {
  return on_message([own = std::move(text)](const std::string& message) { return message == own; });
}
RetryCondition not_exception_message(std::string text) {
  return on_message([own = std::move(text)](const std::string& message) { return message != own; });
}
RetryCondition exception_message_match(const std::string& regex) {
  return on_message(
      [own = compiled(regex)](const std::string& message) { return begins_with(message, own); });
}
RetryCondition not_exception_message_match(const std::string& regex) {
  return on_message(
      [own = compiled(regex)](const std::string& message) { return !begins_with(message, own); });
}

}  // namespace retry_if

namespace detail {

std::exception_ptr cause_of(const std::exception_ptr& exception) {
  if (!exception) return nullptr;
  try {
    std::rethrow_exception(exception);
  } catch (const std::nested_exception& nested) {
    return nested.nested_ptr();
  } catch (...) {
    return nullptr;
  }
}

void refuse_type(const char* condition, const std::type_info& asked, const ResultTypes& there) {
  throw std::invalid_argument(std::string(condition) + " asks about " + type_name(asked) +
                              ", but the callable returns " + type_name(*there.result));
}

}  // namespace detail
}  // namespace v0
}  // namespace redial

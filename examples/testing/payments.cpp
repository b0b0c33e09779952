#include "payments.hpp"

#include <utility>

#include <redial/json.hpp>

using namespace std::chrono_literals;

Payments::Payments(std::string base, redial::Adapter adapter) : base_(std::move(base)) {
  session_.mount(base_, std::move(adapter));
}

std::string Payments::submit(int cents, const std::string& order, redial::RequestOptions options) {
  options.json = nlohmann::json{{"cents", cents}, {"order", order}};
  options.deadline = 20s;
  const auto result = session_.try_post(base_ + "/payments", std::move(options));
  const auto& report = result ? result->report() : result.error().report();
  if (report.outcome == redial::CallOutcome::in_doubt) throw InDoubt(report.line());
  if (!result) result.error().raise();
  result->raise_for_status();
  return result->json().at("receipt");
}

std::string Payments::pay(int cents, const std::string& order) {
  return submit(cents, order, {.idempotency_key = redial::IdempotencyKey::automatic()});
}

std::string Payments::pay_without_key(int cents, const std::string& order) {
  return submit(cents, order, {});
}

std::vector<std::string> Payments::receipts() {
  std::vector<std::string> all;
  for (int page = 1; page > 0;) {
    const auto response =
        session_.get(base_ + "/payments", {.params = {{"page", std::to_string(page)}}});
    response.raise_for_status();
    const auto content = response.json();
    for (const auto& receipt : content.at("receipts")) all.push_back(receipt);
    page = content.value("next", 0);
  }
  return all;
}

bool is_up(const std::string& base) {
  return redial::default_session().try_get(base + "/health").has_value();
}

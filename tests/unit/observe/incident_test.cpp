// A bad minute, as an operator reads it: tests/data/incident.log. Its lines follow from the rules
// and from the times below (jitter stands at one half: waits are 0.25, 0.5 and 1 s; a hint of 2 s
// becomes 2.1 s), so the file is read and corrected by hand, never copied from a run.

#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <redial/observe/log.hpp>
#include <redial/observe/metrics.hpp>
#include <redial/redial.hpp>
#include <redial/testing/scripted_transport.hpp>

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::Scripted;
using redial::testing::ScriptedTransport;
using ::testing::HasSubstr;

Scripted after(Duration takes, Scripted attempt) {
  attempt.takes = takes;
  return attempt;
}

class FirstCall final : public Observer {
 public:
  void attempt_started(const CallView& call, const AttemptReport&, Now) override {
    if (id == 0) id = call.id;
  }
  std::uint64_t id = 0;
};

class Incident {
 public:
  Incident() {
    session_.mount("http://", {.transport = transport_});
    calm();
    at(5s);
    rate_limit();
    at(10s);
    flaky();
    at(20s);
    outage();
    at(29s);
    lost_answers();
    at(40s);
    deployment();
    at(45s);
    long_rate_limit();
    at(60s);
    one(after(20ms, Scripted::answer(200)));
    session_.get("http://inventory.test/items/1");
    log_->flush();
  }

  // With calls numbered from 1.
  std::string log() const {
    static const std::regex number(R"(\[call (\d+)\])");
    std::string text;
    auto from = lines_.cbegin();
    for (std::sregex_iterator it(lines_.begin(), lines_.end(), number), end; it != end; ++it) {
      text.append(from, lines_.cbegin() + it->position());
      text += "[call " + std::to_string(std::stoull((*it)[1]) - first_->id + 1) + "]";
      from = lines_.cbegin() + it->position() + it->length();
    }
    return text.append(from, lines_.cend());
  }
  std::string metrics() const { return metrics_->prometheus_text(); }

 private:
  void one(Scripted attempt) { transport_->then(std::move(attempt)); }
  void at(Duration time) {
    auto& clock = transport_->clock();
    clock.advance(time - clock.elapsed());
  }

  void calm() {
    for (int item = 1; item <= 3; ++item) {
      one(after(20ms, Scripted::answer(200)));
      session_.get("http://inventory.test/items/" + std::to_string(item));
    }
  }
  void rate_limit() {
    one(after(30ms, Scripted::answer(429, {{"Retry-After", "2"}})));
    one(after(30ms, Scripted::answer(200)));
    session_.get("http://search.test/v1/search?q=lamp&token=hunter2");
  }
  void flaky() {
    one(after(20ms, Scripted::answer(503)));
    one(after(20ms, Scripted::answer(503)));
    one(after(20ms, Scripted::answer(200)));
    session_.get("http://inventory.test/items/17");
  }
  // An import that gives each item one try.
  void outage() {
    for (int item = 1; item <= 417; ++item) {
      one(after(20ms, Scripted::failing(Fault::connect_refused)));
      (void)session_.try_put("http://inventory.test/items/" + std::to_string(item),
                             {.body = "{}", .retry = Retry{.total = 0}});
    }
  }
  void lost_answers() {
    one(after(300ms, Scripted::failing(Fault::reset)));
    (void)session_.try_post("http://pay.test/charges", {.body = "{}"});
    one(after(300ms, Scripted::failing(Fault::reset)));
    one(after(300ms, Scripted::answer(201)));
    session_.post("http://pay.test/charges",
                  {.body = "{}", .idempotency_key = IdempotencyKey::automatic()});
  }
  void deployment() {
    for (int order = 0; order < 40; ++order) {
      one(after(50ms, Scripted::answer(422)));
      session_.post("http://orders.test/orders", {.body = "{}"});
    }
  }
  void long_rate_limit() {
    one(after(30ms, Scripted::answer(429, {{"Retry-After", "3600"}})));
    session_.get("http://search.test/v1/search?q=chair");
  }

  std::string lines_;
  std::shared_ptr<FirstCall> first_ = std::make_shared<FirstCall>();
  std::shared_ptr<Metrics> metrics_ = std::make_shared<Metrics>();
  std::shared_ptr<Log> log_ = std::make_shared<Log>(
      make_line_sink(LogFormat::text, [this](std::string_view line) { lines_ += line; }));
  std::shared_ptr<ScriptedTransport> transport_ = std::make_shared<ScriptedTransport>();
  Session session_{
      SessionOptions{.observer = std::make_shared<Observers>(
                         std::vector<std::shared_ptr<Observer>>{first_, log_, metrics_}),
                     .draw = Uniform::always(0.5)}};
};

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

const Incident& incident() {
  static const Incident one;
  return one;
}

TEST(Incident, ReadsAsTheGoldenFileSays) {
  EXPECT_EQ(incident().log(), content_of(REDIAL_TEST_DATA "/incident.log"));
}

// The three questions of docs/observability.md.

TEST(Incident, TellsWhichUpstreamIsGettingFlaky) {
  EXPECT_THAT(incident().metrics(), HasSubstr(R"(redial_retries_total{http_request_method="GET",)"
                                              R"(server_address="inventory.test",server_port="80",)"
                                              R"(url_template="/items/{id}",error_type="503"} 2)"
                                              "\n"));
}

TEST(Incident, TellsWhetherRateLimitsAreRising) {
  EXPECT_THAT(incident().metrics(), HasSubstr(R"(redial_attempts_total{http_request_method="GET",)"
                                              R"(server_address="search.test",server_port="80",)"
                                              R"(url_template="/v1/search",error_type="429",)"
                                              R"(http_response_status_code="429"} 2)"
                                              "\n"));
}

TEST(Incident, TellsWhetherADeploymentTriggeredNonRetryableErrors) {
  EXPECT_THAT(incident().metrics(),
              HasSubstr(R"(redial_calls_total{http_request_method="POST",)"
                        R"(server_address="orders.test",server_port="80",)"
                        R"(url_template="/orders",error_type="422",)"
                        R"(http_response_status_code="422",redial_outcome="failed",)"
                        R"(redial_stop_reason="permanent_status"} 40)"
                        "\n"));
}

// What the page shows as output is output: every line of its ```text blocks is one of ours.
TEST(Incident, TheDocumentationShowsRealOutput) {
  const std::string ours = "\n" + incident().log() + incident().metrics();
  std::istringstream page(content_of(REDIAL_TEST_DATA "/../../docs/observability.md"));
  int shown = 0;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("```")) {
      inside = line == "```text";
    } else if (inside && !line.empty() && line != "…") {
      EXPECT_THAT(ours, HasSubstr("\n" + line + "\n"));
      ++shown;
    }
  }
  EXPECT_EQ(shown, 8);
}

}  // namespace

#include <redial/prometheus.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/exposer.h>

#include <redial/retrying/retrying.hpp>

#include "integration/support.hpp"

namespace {

using namespace redial;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Prometheus, AScrapeFindsWhatTheCallsDid) {
  redial::testing::FaultServer server;
  server.in_turn("/x", {{.status = 503}, {.status = 200}});
  const auto metrics = std::make_shared<Metrics>();
  Session session(SessionOptions{.observer = metrics});
  RetryOptions around{.retry_if = retry_if::never()};
  around.name = "fetch";
  around.nested = Nested::allow;
  around.observer = metrics;
  retry(around, [&] {
    session.get(server.url("/x?token=PLANTED"), {.retry = Retry{.backoff_factor = 1ms}});
  });

  prometheus::Exposer exposer("127.0.0.1:0");
  const auto collector = std::make_shared<PrometheusCollector>(metrics);
  exposer.RegisterCollectable(collector);
  const std::string port = std::to_string(exposer.GetListeningPorts().at(0));
  const std::string page = Session().get("http://127.0.0.1:" + port + "/metrics").body();

  const std::string labels =
      R"(http_request_method="GET",server_address="127.0.0.1",server_port=")" +
      std::to_string(server.port()) + R"(",url_template="/x")";
  EXPECT_THAT(page, HasSubstr("# TYPE redial_retries_total counter\n"));
  EXPECT_THAT(page, HasSubstr("redial_retries_total{" + labels + R"(,error_type="503"} 1)"));
  EXPECT_THAT(page, HasSubstr("redial_calls_total{" + labels +
                              R"(,http_response_status_code="200",redial_outcome="ok",)"
                              R"(redial_stop_reason="succeeded"} 1)"));
  EXPECT_THAT(page, HasSubstr("# TYPE http_client_active_requests gauge\n"));
  EXPECT_THAT(page, HasSubstr("# TYPE http_client_request_duration_seconds histogram\n"));
  EXPECT_THAT(page, HasSubstr("http_client_request_duration_seconds_bucket{" + labels +
                              R"(,le="+Inf"} 2)"));
  EXPECT_THAT(page, HasSubstr("http_client_request_duration_seconds_count{" + labels + "} 2"));
  EXPECT_THAT(page, HasSubstr(R"(redial_attempts_total{redial_callable="fetch"} 1)"));
  EXPECT_THAT(page, Not(HasSubstr(R"(http_client_active_requests{redial_callable)")));
  EXPECT_THAT(page, Not(HasSubstr("PLANTED")));
}

TEST(Prometheus, NullMetricsAreRefused) {
  EXPECT_THROW(PrometheusCollector(nullptr), std::invalid_argument);
}

}  // namespace

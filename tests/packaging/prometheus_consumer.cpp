// A user's program that has its metrics scraped through prometheus-cpp.
#include <memory>

#include <redial/prometheus.hpp>

int main() {
  const auto metrics = std::make_shared<redial::Metrics>();
  return redial::PrometheusCollector(metrics).Collect().empty() ? 0 : 1;
}

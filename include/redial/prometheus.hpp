#pragma once

/// Opt-in: redial's metrics for prometheus-cpp. Link `redial::prometheus` (find_package(redial
/// COMPONENTS prometheus); Debian: prometheus-cpp-dev).

#include <limits>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <redial/observe/metrics.hpp>

namespace redial {
inline namespace v0 {

/// What an exposer scrapes: `exposer.RegisterCollectable(collector)`. prometheus-cpp holds it
/// weakly, so keep the pointer.
///
/// Errors: the constructor throws std::invalid_argument for null metrics. Thread safety: safe.
class PrometheusCollector final : public prometheus::Collectable {
 public:
  explicit PrometheusCollector(std::shared_ptr<const Metrics> metrics)
      : metrics_(std::move(metrics)) {
    if (!metrics_) throw std::invalid_argument("PrometheusCollector: the metrics are null");
  }

  // NOLINTNEXTLINE(readability-identifier-naming): prometheus-cpp's name
  std::vector<prometheus::MetricFamily> Collect() const override {
    std::vector<prometheus::MetricFamily> families;
    for (const MetricFamily& family : metrics_->collect()) {
      if (family.samples.empty()) continue;
      prometheus::MetricFamily& theirs = families.emplace_back();
      theirs.name = family.name;
      theirs.help = family.help;
      theirs.type = type_of(family.kind);
      for (const MetricSample& sample : family.samples)
        theirs.metric.push_back(metric_of(family, sample));
    }
    return families;
  }

 private:
  static prometheus::MetricType type_of(MetricFamily::Kind kind) {
    switch (kind) {
      case MetricFamily::Kind::counter:
        return prometheus::MetricType::Counter;
      case MetricFamily::Kind::gauge:
        return prometheus::MetricType::Gauge;
      case MetricFamily::Kind::histogram:
        break;
    }
    return prometheus::MetricType::Histogram;
  }

  static prometheus::ClientMetric metric_of(const MetricFamily& family,
                                            const MetricSample& sample) {
    prometheus::ClientMetric metric;
    for (const auto& [name, value] : sample.labels) metric.label.push_back({name, value});
    metric.counter.value = sample.value;
    metric.gauge.value = sample.value;
    metric.histogram.sample_count = sample.count;
    metric.histogram.sample_sum = sample.value;
    for (std::size_t i = 0; i < sample.buckets.size(); ++i)
      metric.histogram.bucket.push_back({sample.buckets[i], family.bounds[i]});
    if (family.kind == MetricFamily::Kind::histogram)
      metric.histogram.bucket.push_back({sample.count, std::numeric_limits<double>::infinity()});
    return metric;
  }

  std::shared_ptr<const Metrics> metrics_;
};

}  // namespace v0
}  // namespace redial

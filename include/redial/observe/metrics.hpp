#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <redial/config.hpp>
#include <redial/observe/observer.hpp>

namespace redial {
inline namespace v0 {

/// One series: its labels, and its value or histogram.
struct MetricSample {
  std::vector<std::pair<std::string, std::string>> labels;
  double value = 0;                    ///< counter, gauge; the sum of a histogram
  std::uint64_t count = 0;             ///< histogram: observations
  std::vector<std::uint64_t> buckets;  ///< histogram: observations up to each bound, cumulative
};

/// All series of one name.
struct MetricFamily {
  enum class Kind : std::uint8_t { counter, gauge, histogram };
  std::string name;
  std::string help;
  Kind kind = Kind::counter;
  std::vector<double> bounds;  ///< histogram: upper bounds of the buckets but the last (+Inf)
  std::vector<MetricSample> samples;
};

/// What is measured, and how much memory it may take.
struct MetricsOptions {
  /// Endpoints (method, host, port and route) with series of their own; those beyond share one,
  /// called "other". At least 1.
  std::size_t max_endpoints = 200;
  /// Seconds, rising. OpenTelemetry's for http.client.request.duration, and two above them.
  std::vector<double> duration_bounds = {0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5,
                                         0.75,  1,    2.5,   5,    7.5,   10,  30,   60};
};

/// Counts calls, attempts, retries, doubts, waits and their times, for each endpoint.
///
/// `prometheus_text` is the whole of it as Prometheus reads it: serve it under /metrics, or write
/// it to a file. With prometheus-cpp at hand, redial/prometheus.hpp registers this object with its
/// exposer. Names and labels stand in docs/observability.md; labels are OpenTelemetry's attributes
/// where it has them, with underscores.
///
/// A callable of `retry()` counts among the endpoints, but not in http_client_*: what it sends is
/// counted by who sends it.
///
/// Bounds: at most `max_endpoints` endpoints and "other", of calls and of callables, with at most
/// 64 causes each; further causes are counted as "other". Errors: the constructor throws
/// std::invalid_argument naming the option. Thread safety: safe. Complexity: an event takes one
/// lock and look-ups among the endpoints; no allocation for an endpoint and cause that were seen
/// before.
class REDIAL_EXPORT Metrics final : public Observer {
 public:
  explicit Metrics(MetricsOptions options = {});
  ~Metrics() override;
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  void attempt_started(const CallView& call, const AttemptReport& attempt, Now now) override;
  void attempt_finished(const CallView& call, const AttemptReport& attempt, Now now) override;
  void retry_scheduled(const CallView& call, const AttemptReport& attempt, Now now) override;
  void attempt_held(const CallView& call, const Hold& hold, Now now) override;
  void call_finished(const CallView& call, const CallReport& report, Now now) override;

  /// Everything so far, sorted by name and labels: one consistent picture.
  std::vector<MetricFamily> collect() const;
  /// The same in Prometheus' text exposition format, version 0.0.4.
  std::string prometheus_text() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace v0
}  // namespace redial

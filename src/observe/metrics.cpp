#include <redial/observe/metrics.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <tuple>

#include <fmt/format.h>

#include "policy/words.hpp"

namespace redial {
inline namespace v0 {
namespace {

constexpr std::size_t k_most_causes = 64;
constexpr std::string_view k_other = "other";

// OpenTelemetry: methods that are not well known share one value, lest a caller's typo is a series.
// A callable of retry() has none.
std::string_view method_label(const CallView& call) {
  constexpr std::array<std::string_view, 10> known{"GET",     "HEAD",    "POST",  "PUT",   "DELETE",
                                                   "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY"};
  if (call.endpoint.host.empty()) return {};
  return std::find(known.begin(), known.end(), call.method) == known.end() ? "_OTHER" : call.method;
}

// Host, port, route, method: in this order the text reads best.
using Place = std::tuple<std::string_view, std::uint16_t, std::string_view, std::string_view>;

struct Key {
  std::string host, route, method;
  std::uint16_t port = 0;
  Place place() const { return {host, port, route, method}; }
};

struct ByPlace {
  using is_transparent = void;
  bool operator()(const Key& a, const Key& b) const { return a.place() < b.place(); }
  bool operator()(const Key& a, const Place& b) const { return a.place() < b; }
  bool operator()(const Place& a, const Key& b) const { return a < b.place(); }
};

struct Histogram {
  std::vector<std::uint64_t> counts;  // one a bound, not cumulative; the rest is beyond
  std::uint64_t count = 0;
  double sum = 0;

  void add(double value, const std::vector<double>& bounds) {
    counts.resize(bounds.size());
    const auto at = std::lower_bound(bounds.begin(), bounds.end(), value);
    if (at != bounds.end()) ++counts[static_cast<std::size_t>(at - bounds.begin())];
    ++count;
    sum += value;
  }
};

// What an attempt or a call came to. The views are of static text.
struct Cause {
  int status = 0;
  std::string_view error = {};
  std::string_view outcome = {};
  std::string_view stop_reason = {};
  std::string_view guard = {};
  bool operator<(const Cause& other) const {
    return std::tie(status, error, outcome, stop_reason, guard) <
           std::tie(other.status, other.error, other.outcome, other.stop_reason, other.guard);
  }
};

class Counts {
 public:
  void add(const Cause& cause) {
    const bool full = counts_.size() >= k_most_causes && counts_.count(cause) == 0;
    ++counts_[full ? Cause{.status = 0,
                           .error = k_other,
                           .outcome = cause.outcome,
                           .stop_reason = cause.stop_reason,
                           .guard = cause.guard}
                   : cause];
  }
  auto begin() const { return counts_.begin(); }
  auto end() const { return counts_.end(); }

 private:
  std::map<Cause, std::uint64_t> counts_;
};

struct Series {
  Counts calls, attempts, retries, holds;
  std::uint64_t in_doubt = 0;
  std::int64_t active = 0;
  double waited = 0;
  double held = 0;
  Histogram waits, calls_took, attempts_took;
};

using Labels = std::vector<std::pair<std::string, std::string>>;

Labels labels_of(const Key& key) {
  Labels labels;
  if (!key.method.empty()) labels.emplace_back("http_request_method", key.method);
  if (!key.host.empty()) labels.emplace_back("server_address", key.host);
  if (key.port != 0) labels.emplace_back("server_port", std::to_string(key.port));
  labels.emplace_back(key.host.empty() ? "redial_callable" : "url_template", key.route);
  return labels;
}

void add_cause(Labels& labels, const Cause& cause) {
  if (!cause.error.empty()) labels.emplace_back("error_type", cause.error);
  if (cause.status != 0)
    labels.emplace_back("http_response_status_code", std::to_string(cause.status));
  if (!cause.outcome.empty()) labels.emplace_back("redial_outcome", cause.outcome);
  if (!cause.stop_reason.empty()) labels.emplace_back("redial_stop_reason", cause.stop_reason);
  if (!cause.guard.empty()) labels.emplace_back("redial_guard", cause.guard);
}

void add_counts(MetricFamily& family, const Key& key, const Counts& counts) {
  for (const auto& [cause, count] : counts) {
    MetricSample sample{
        .labels = labels_of(key), .value = static_cast<double>(count), .count = 0, .buckets = {}};
    add_cause(sample.labels, cause);
    family.samples.push_back(std::move(sample));
  }
}

void add_value(MetricFamily& family, const Key& key, double value) {
  family.samples.push_back({.labels = labels_of(key), .value = value, .count = 0, .buckets = {}});
}

void add_histogram(MetricFamily& family, const Key& key, const Histogram& histogram) {
  if (histogram.count == 0) return;
  MetricSample sample{
      .labels = labels_of(key), .value = histogram.sum, .count = histogram.count, .buckets = {}};
  std::uint64_t so_far = 0;
  for (const auto count : histogram.counts) sample.buckets.push_back(so_far += count);
  family.samples.push_back(std::move(sample));
}

std::string escaped(std::string_view text, std::string_view specials) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else {
      if (specials.find(c) != std::string_view::npos) out += '\\';
      out += c;
    }
  }
  return out;
}

std::string labels_text(const Labels& labels, std::string_view bound = {}) {
  std::string text;
  const auto add = [&](std::string_view name, std::string_view value) {
    text += fmt::format("{}{}=\"{}\"", text.empty() ? '{' : ',', name, escaped(value, "\\\""));
  };
  for (const auto& [name, value] : labels) add(name, value);
  if (!bound.empty()) add("le", bound);
  return text.empty() ? text : text + '}';
}

void append_sample(std::string& text, const MetricFamily& family, const MetricSample& sample) {
  const auto line = [&](std::string_view suffix, std::string_view bound, auto value) {
    text +=
        fmt::format("{}{}{} {}\n", family.name, suffix, labels_text(sample.labels, bound), value);
  };
  if (family.kind != MetricFamily::Kind::histogram) return line("", "", sample.value);
  for (std::size_t i = 0; i < family.bounds.size(); ++i)
    line("_bucket", fmt::format("{}", family.bounds[i]), sample.buckets[i]);
  line("_bucket", "+Inf", sample.count);
  line("_sum", "", sample.value);
  line("_count", "", sample.count);
}

}  // namespace

struct Metrics::State {
  MetricsOptions options;
  mutable std::mutex mutex;
  std::map<Key, Series, ByPlace> endpoints;

  Series& of(const CallView& call) {
    const Endpoint& endpoint = call.endpoint;
    const Place place{endpoint.host, endpoint.port, endpoint.route, method_label(call)};
    if (const auto at = endpoints.find(place); at != endpoints.end()) return at->second;
    if (endpoints.size() >= options.max_endpoints) {
      const bool callable = endpoint.host.empty();
      return endpoints[{.host = std::string(callable ? "" : k_other),
                        .route = std::string(k_other),
                        .method = callable ? "" : "_OTHER",
                        .port = 0}];
    }
    return endpoints[{.host = std::string(endpoint.host),
                      .route = std::string(endpoint.route),
                      .method = std::string(method_label(call)),
                      .port = endpoint.port}];
  }
};

Metrics::Metrics(MetricsOptions options) : state_(std::make_unique<State>()) {
  if (options.max_endpoints < 1)
    throw std::invalid_argument("MetricsOptions.max_endpoints: must be at least 1");
  const auto& bounds = options.duration_bounds;
  const auto does_not_rise = [](double a, double b) { return !(a < b); };
  const bool finite =
      std::all_of(bounds.begin(), bounds.end(), [](double bound) { return std::isfinite(bound); });
  if (!finite || std::adjacent_find(bounds.begin(), bounds.end(), does_not_rise) != bounds.end())
    throw std::invalid_argument("MetricsOptions.duration_bounds: must be finite and rise");
  state_->options = std::move(options);
}
Metrics::~Metrics() = default;

void Metrics::attempt_started(const CallView& call, const AttemptReport& attempt, Now) {
  const std::lock_guard lock(state_->mutex);
  Series& series = state_->of(call);
  ++series.active;
  series.held += detail::seconds(attempt.held);
}

void Metrics::attempt_finished(const CallView& call, const AttemptReport& attempt, Now) {
  const std::lock_guard lock(state_->mutex);
  Series& series = state_->of(call);
  --series.active;
  series.attempts.add({.status = attempt.status, .error = retry_reason(attempt)});
  series.attempts_took.add(detail::seconds(attempt.elapsed), state_->options.duration_bounds);
}

void Metrics::retry_scheduled(const CallView& call, const AttemptReport& attempt, Now) {
  const std::lock_guard lock(state_->mutex);
  Series& series = state_->of(call);
  series.retries.add({.error = retry_reason(attempt)});
  series.waits.add(detail::seconds(attempt.wait), state_->options.duration_bounds);
}

void Metrics::attempt_held(const CallView& call, const Hold& hold, Now) {
  const std::lock_guard lock(state_->mutex);
  state_->of(call).holds.add({.guard = hold.by.empty() ? k_other : hold.by});
}

void Metrics::call_finished(const CallView& call, const CallReport& report, Now) {
  const bool ok = report.outcome == CallOutcome::ok;
  std::string_view error;
  if (!ok && !report.attempts.empty()) error = retry_reason(report.attempts.back());
  const std::lock_guard lock(state_->mutex);
  Series& series = state_->of(call);
  series.calls.add({.status = report.attempts.empty() ? 0 : report.attempts.back().status,
                    .error = error,
                    .outcome = to_string(report.outcome),
                    .stop_reason = to_string(report.stop_reason)});
  if (report.outcome == CallOutcome::in_doubt) ++series.in_doubt;
  series.waited += detail::seconds(detail::waited(report));
  series.calls_took.add(detail::seconds(report.elapsed), state_->options.duration_bounds);
}

std::vector<MetricFamily> Metrics::collect() const {
  using Kind = MetricFamily::Kind;
  const auto& bounds = state_->options.duration_bounds;
  const auto family = [&](const char* name, const char* help, Kind kind) {
    return MetricFamily{.name = name,
                        .help = help,
                        .kind = kind,
                        .bounds = kind == Kind::histogram ? bounds : std::vector<double>{},
                        .samples = {}};
  };
  MetricFamily active = family("http_client_active_requests", "Attempts under way", Kind::gauge);
  MetricFamily attempts_took =
      family("http_client_request_duration_seconds", "Time of an attempt", Kind::histogram);
  MetricFamily attempts =
      family("redial_attempts_total", "Physical sends, by what came of them", Kind::counter);
  MetricFamily calls_took = family("redial_call_duration_seconds",
                                   "Time of a whole call, waits included", Kind::histogram);
  MetricFamily waited = family("redial_call_waiting_seconds_total",
                               "Time that calls lost between attempts", Kind::counter);
  MetricFamily in_doubt = family("redial_calls_in_doubt_total",
                                 "Calls that may have had their effect unheard", Kind::counter);
  MetricFamily calls =
      family("redial_calls_total", "Finished calls, by how they ended", Kind::counter);
  MetricFamily holds =
      family("redial_guard_holds_total", "Attempts that a guard let wait, by guard", Kind::counter);
  MetricFamily held =
      family("redial_guard_waiting_seconds_total",
             "Time that attempts waited for a guard before they began", Kind::counter);
  MetricFamily retries =
      family("redial_retries_total", "Retries that were scheduled, by reason", Kind::counter);
  MetricFamily waits =
      family("redial_wait_seconds", "Waits before retries, as scheduled", Kind::histogram);
  {
    const std::lock_guard lock(state_->mutex);
    for (const auto& [key, series] : state_->endpoints) {
      if (!key.host.empty()) {  // a callable's attempts are no requests of an HTTP client
        add_value(active, key, static_cast<double>(series.active));
        add_histogram(attempts_took, key, series.attempts_took);
      }
      add_counts(attempts, key, series.attempts);
      add_histogram(calls_took, key, series.calls_took);
      add_value(waited, key, series.waited);
      add_value(in_doubt, key, static_cast<double>(series.in_doubt));
      add_counts(calls, key, series.calls);
      if (series.held > 0) add_value(held, key, series.held);
      add_counts(holds, key, series.holds);
      add_counts(retries, key, series.retries);
      add_histogram(waits, key, series.waits);
    }
  }
  std::vector<MetricFamily> all;
  for (MetricFamily* const one : {&active, &attempts_took, &attempts, &calls_took, &waited,
                                  &in_doubt, &calls, &holds, &held, &retries, &waits}) {
    all.push_back(std::move(*one));
  }
  return all;
}

std::string Metrics::prometheus_text() const {
  constexpr std::array<std::string_view, 3> kinds{"counter", "gauge", "histogram"};
  std::string text;
  for (const auto& family : collect()) {
    if (family.samples.empty()) continue;
    text += fmt::format("# HELP {} {}\n# TYPE {} {}\n", family.name, escaped(family.help, "\\"),
                        family.name, kinds[static_cast<std::size_t>(family.kind)]);
    for (const auto& sample : family.samples) append_sample(text, family, sample);
  }
  return text;
}

}  // namespace v0
}  // namespace redial

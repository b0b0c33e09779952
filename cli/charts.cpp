#include "charts.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <vector>

#include <fmt/format.h>

namespace redial::cli {
namespace {

constexpr double k_width = 860, k_height = 250;
constexpr double k_left = 62, k_right = 14, k_top = 26, k_bottom = 44;
constexpr double k_plot_width = k_width - k_left - k_right;
constexpr double k_plot_height = k_height - k_top - k_bottom;

template <class... Args>
void put(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
}

std::string opened(const char* title) {
  return fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n", k_width,
                     k_height, title);
}

struct Tick {
  double at;  // 0 to 1 along the axis
  std::string label;
};

// 1, 2 or 5 times a power of ten.
double nice_step(double span, int most) {
  const double raw = span / most;
  const double power = std::pow(10, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= raw * 0.999) return factor * power;
  }
  return 10 * power;
}

// A vertical axis and where values stand on it.
class Scale {
 public:
  static Scale linear(double low, double high) {
    Scale scale;
    const double step = nice_step(std::max(high - low, 1e-9), 5);
    scale.low_ = low;
    scale.high_ = low + step * std::max(1.0, std::ceil((high - low) / step * 0.999));
    for (double value = low; value < scale.high_ + step / 2; value += step)
      scale.ticks.push_back({scale.share(value), short_number(value)});
    return scale;
  }
  static Scale spans(double low, double high) {
    Scale scale;
    scale.log_ = true;
    scale.low_ = std::pow(10, std::floor(std::log10(low)));
    scale.high_ = std::pow(10, std::ceil(std::log10(high)));
    if (scale.high_ <= scale.low_) scale.high_ = scale.low_ * 10;
    const bool few = scale.high_ / scale.low_ < 150;
    for (double power = scale.low_; power < scale.high_ * 1.01; power *= 10) {
      for (const double factor : {1.0, 2.0, 5.0}) {
        if ((factor == 1 || few) && factor * power < scale.high_ * 1.01)
          scale.ticks.push_back({scale.share(factor * power), span_text(factor * power)});
      }
    }
    return scale;
  }
  double share(double value) const {
    if (log_) return std::log(std::max(value, low_) / low_) / std::log(high_ / low_);
    return (value - low_) / (high_ - low_);
  }
  double y(double value) const { return k_top + k_plot_height * (1 - share(value)); }

  std::vector<Tick> ticks;

 private:
  double low_ = 0, high_ = 1;
  bool log_ = false;
};

void draw_y(std::string& out, const Scale& scale, const char* title) {
  put(out, "<text class=\"axis\" x=\"{}\" y=\"13\">{}</text>\n", 4, title);
  for (const auto& tick : scale.ticks) {
    const double y = k_top + k_plot_height * (1 - tick.at);
    put(out,
        "<path class=\"grid\" d=\"M{} {:.1f}H{}\"/><text x=\"{}\" y=\"{:.1f}\" "
        "text-anchor=\"end\">{}</text>\n",
        k_left, y, k_left + k_plot_width, k_left - 7, y + 4, tick.label);
  }
}

std::string clock_label(double seconds, double step) {
  if (step < 1) return fmt::format("{:g} s", std::round(seconds * 1000) / 1000);
  if (step >= 86400) return fmt::format("{:g} d", seconds / 86400);
  const auto all = static_cast<std::int64_t>(std::llround(seconds));
  if (step >= 60 && all >= 3600) return fmt::format("{}:{:02} h", all / 3600, all / 60 % 60);
  if (all >= 3600) return fmt::format("{}:{:02}:{:02}", all / 3600, all / 60 % 60, all % 60);
  return all < 60 ? fmt::format("{} s", all) : fmt::format("{}:{:02}", all / 60, all % 60);
}

double time_step(double span) {
  for (const double step : {15., 30., 60., 120., 300., 600., 900., 1800., 3600., 7200., 10800.,
                            21600., 43200., 86400.}) {
    if (span > 60 && span / step <= 8) return step;
  }
  return span > 60 ? 86400 * std::max(1.0, nice_step(span / 86400, 8)) : nice_step(span, 8);
}

void draw_time(std::string& out, const Timeline& timeline) {
  const double span = std::chrono::duration<double>(timeline.width()).count() *
                      static_cast<double>(timeline.slots().size());
  const double step = time_step(span);
  for (double at = 0; at <= span * 1.0001; at += step) {
    const double x = k_left + k_plot_width * at / span;
    put(out,
        "<path class=\"tick\" d=\"M{:.1f} {}v5\"/><text x=\"{:.1f}\" y=\"{}\" "
        "text-anchor=\"middle\">{}</text>\n",
        x, k_top + k_plot_height, x, k_top + k_plot_height + 18, clock_label(at, step));
  }
  put(out,
      "<text class=\"axis\" x=\"{}\" y=\"{}\" text-anchor=\"end\">time since the first "
      "answer</text>\n",
      k_left + k_plot_width, k_height - 6);
}

double slot_width(const Timeline& timeline) {
  return k_plot_width / static_cast<double>(timeline.slots().size());
}

// A line through the slots that have calls; it breaks where there are none.
template <class Value>
void draw_line(std::string& out, const Timeline& timeline, const Scale& scale, const char* style,
               Value value) {
  const double width = slot_width(timeline);
  const bool few = timeline.slots().size() <= 40;
  std::string path, dots;
  bool pen_down = false;
  for (std::size_t i = 0; i < timeline.slots().size(); ++i) {
    const TimeSlot& slot = timeline.slots()[i];
    if (slot.calls() == 0) {
      pen_down = false;
      continue;
    }
    const double x = k_left + (static_cast<double>(i) + 0.5) * width;
    const double y = scale.y(value(slot));
    put(path, "{}{:.1f} {:.1f}", pen_down ? 'L' : 'M', x, y);
    const bool alone =
        !pen_down && (i + 1 == timeline.slots().size() || timeline.slots()[i + 1].calls() == 0);
    if (few || alone) put(dots, "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\"/>", x, y);
    pen_down = true;
  }
  put(out, "<g class=\"{}\"><path class=\"line\" d=\"{}\"/>{}</g>\n", style, path, dots);
}

struct Kind {
  CallOutcome outcome;
  const char* style;
};
// From the ground up.
constexpr Kind k_kinds[] = {{CallOutcome::ok, "c-ok"},
                            {CallOutcome::failed, "c-failed"},
                            {CallOutcome::in_doubt, "c-doubt"},
                            {CallOutcome::later, "c-later"},
                            {CallOutcome::cancelled, "c-cancelled"}};

}  // namespace

std::string span_text(double seconds) {
  const auto three = [](double value) {
    return value >= 99.95 ? fmt::format("{:.0f}", value) : fmt::format("{:.3g}", value);
  };
  if (seconds <= 0) return "0 s";
  if (seconds < 0.0009995) return three(seconds * 1e6) + " µs";
  if (seconds < 0.9995) return three(seconds * 1e3) + " ms";
  if (seconds < 119.5) return three(seconds) + " s";
  const auto all = static_cast<std::int64_t>(std::llround(std::min(seconds, 1e15)));
  if (all < 7200) return fmt::format("{}:{:02} min", all / 60, all % 60);
  if (all < 172800) return fmt::format("{}:{:02} h", all / 3600, all / 60 % 60);
  return three(seconds / 86400) + " d";
}

std::string short_number(double value) {
  for (const auto& [unit, name] : {std::pair{1e9, "G"}, {1e6, "M"}, {1e4, "k"}}) {
    const double divisor = unit == 1e4 ? 1e3 : unit;
    if (value >= unit) return fmt::format("{:.4g}{}", value / divisor, name);
  }
  return fmt::format("{:.4g}", value);
}

std::string throughput_chart(const Timeline& timeline) {
  const double seconds = std::chrono::duration<double>(timeline.width()).count();
  double most = 0;
  for (const auto& slot : timeline.slots())
    most = std::max(most, static_cast<double>(slot.calls()) / seconds);
  const Scale scale = Scale::linear(0, most);
  std::string out = opened("calls per second by outcome, over time");
  draw_y(out, scale, "calls per second");
  const double width = slot_width(timeline);
  for (std::size_t k = 0; k < std::size(k_kinds); ++k) {
    std::string path;
    for (std::size_t i = 0; i < timeline.slots().size(); ++i) {
      const auto& ended = timeline.slots()[i].ended;
      double below = 0;
      for (std::size_t j = 0; j < k; ++j)
        below += static_cast<double>(ended[static_cast<std::size_t>(k_kinds[j].outcome)]);
      const auto here = static_cast<double>(ended[static_cast<std::size_t>(k_kinds[k].outcome)]);
      if (here == 0) continue;
      const double y = scale.y((below + here) / seconds);
      put(path, "M{:.2f} {:.2f}h{:.2f}V{:.2f}h{:.2f}z", k_left + static_cast<double>(i) * width, y,
          width * 0.9, scale.y(below / seconds), -width * 0.9);
    }
    if (!path.empty()) put(out, "<path class=\"fill {}\" d=\"{}\"/>\n", k_kinds[k].style, path);
  }
  draw_time(out, timeline);
  return out + "</svg>";
}

std::string latency_chart(const Timeline& timeline) {
  double low = 1e9, high = 1e-6;
  for (const auto& slot : timeline.slots()) {
    if (slot.calls() == 0) continue;
    low = std::min(low, slot.elapsed_s.quantile(0.5));
    high = std::max(high, slot.elapsed_s.quantile(0.99));
  }
  const Scale scale = Scale::spans(std::max(low, 1e-6), std::max(high, 1e-6));
  std::string out = opened("time of a call: median, 90 % and 99 %, over time");
  draw_y(out, scale, "time of a call, waits included (logarithmic)");
  draw_line(out, timeline, scale, "c-later dotted",
            [](const TimeSlot& s) { return s.elapsed_s.quantile(0.99); });
  draw_line(out, timeline, scale, "c-failed dashed",
            [](const TimeSlot& s) { return s.elapsed_s.quantile(0.9); });
  draw_line(out, timeline, scale, "c-ok",
            [](const TimeSlot& s) { return s.elapsed_s.quantile(0.5); });
  draw_time(out, timeline);
  return out + "</svg>";
}

std::string amplification_chart(const Timeline& timeline) {
  const auto value = [](const TimeSlot& slot) {
    return static_cast<double>(slot.attempts) / static_cast<double>(slot.calls());
  };
  double most = 1.5;
  for (const auto& slot : timeline.slots()) {
    if (slot.calls() > 0) most = std::max(most, value(slot));
  }
  const Scale scale = Scale::linear(1, most);
  std::string out = opened("requests for each call, over time");
  draw_y(out, scale, "requests per call");
  draw_line(out, timeline, scale, "c-ok", value);
  draw_time(out, timeline);
  return out + "</svg>";
}

std::string attempts_chart(const RunStats& stats) {
  const auto& counts = stats.by_attempts;
  std::size_t last = 4;
  for (std::size_t i = last; i < counts.size(); ++i) {
    if (counts[i] > 0) last = i;
  }
  const Scale scale =
      Scale::linear(0, static_cast<double>(*std::max_element(counts.begin(), counts.end())));
  std::string out = opened("how many calls took how many attempts");
  draw_y(out, scale, "calls");
  const double width = k_plot_width / static_cast<double>(last + 1);
  for (std::size_t i = 0; i <= last; ++i) {
    const double x = k_left + static_cast<double>(i) * width;
    const double y = scale.y(static_cast<double>(counts[i]));
    put(out, "<path class=\"fill c-ok\" d=\"M{:.1f} {:.1f}h{:.1f}V{:.1f}h{:.1f}z\"/>",
        x + width * 0.15, y, width * 0.7, k_top + k_plot_height, -width * 0.7);
    put(out, "<text class=\"value\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>",
        x + width / 2, y - 5, short_number(static_cast<double>(counts[i])));
    put(out, "<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}{}</text>\n", x + width / 2,
        k_top + k_plot_height + 18, i, i + 1 == counts.size() ? " or more" : "");
  }
  put(out,
      "<text class=\"axis\" x=\"{}\" y=\"{}\" text-anchor=\"end\">attempts of a call, redirects "
      "included</text>\n",
      k_left + k_plot_width, k_height - 6);
  return out + "</svg>";
}

std::string time_chart(const RunStats& stats) {
  const double all = stats.queued_ms + stats.limit_ms + stats.backoff_ms + stats.net_ms;
  std::string out = fmt::format(
      "<svg viewBox=\"0 0 {} 34\" role=\"img\" aria-label=\"where the time went\">\n", k_width);
  double x = 0;
  const std::pair<double, const char*> parts[] = {{stats.queued_ms, "c-cancelled"},
                                                  {stats.limit_ms, "c-later"},
                                                  {stats.backoff_ms, "c-doubt"},
                                                  {stats.net_ms, "c-ok"}};
  for (const auto& [part, style] : parts) {
    const double width = all > 0 ? k_width * part / all : 0;
    if (width > 0)
      put(out, "<path class=\"fill {}\" d=\"M{:.1f} 0h{:.1f}v34h{:.1f}z\"/>\n", style, x, width,
          -width);
    x += width;
  }
  return out + "</svg>";
}

}  // namespace redial::cli

#include "progress.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

namespace redial::cli {
namespace {

using namespace std::chrono_literals;

constexpr Duration k_live = 100ms;
constexpr Duration k_plain = 10s;

}  // namespace

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, " ");
  }
  return digits;
}

std::string clock_text(std::chrono::seconds span) {
  const auto all = std::max<std::int64_t>(span.count(), 0);
  if (all >= 3600) return fmt::format("{}:{:02}:{:02}", all / 3600, all / 60 % 60, all % 60);
  return fmt::format("{:02}:{:02}", all / 60, all % 60);
}

std::string standing_text(const Standing& standing) {
  const Tally& tally = *standing.tally;
  std::string text = grouped(tally.done());
  if (standing.total) {
    text += "/" + grouped(*standing.total);
    if (*standing.total > 0) text += fmt::format("  {}%", tally.done() * 100 / *standing.total);
  }
  const auto add = [&](const char* name, std::uint64_t count) {
    text += fmt::format("  {} {}", name, grouped(count));
  };
  add("ok", tally.of(CallOutcome::ok));
  add("waiting", standing.waits.all());
  add("failed", tally.of(CallOutcome::failed));
  add("in doubt", tally.of(CallOutcome::in_doubt));
  // These are rarer, and a line has 80 columns.
  if (const auto later = tally.of(CallOutcome::later); later > 0) add("later", later);
  if (const auto cancelled = tally.of(CallOutcome::cancelled); cancelled > 0)
    add("cancelled", cancelled);
  return text;
}

std::string waiting_text(const Standing& standing) {
  if (standing.sending + standing.waits.all() == 0) return "waiting on: input";
  std::string text = "waiting on: " + waits_text(standing.sending, standing.waits);
  if (standing.aside > 0)
    text += fmt::format("; {} jobs on a place at {}", grouped(standing.aside), standing.full_host);
  if (standing.held > 0)
    text += fmt::format("; {} results on an earlier one", grouped(standing.held));
  return text;
}

Progress::Progress(Style style, Screen screen)
    : style_(style),
      screen_(std::move(screen)),
      due_(style == Style::none ? SteadyTime::max() : screen_.now() + interval()),
      began_(screen_.now()),
      rated_(began_) {}

Duration Progress::interval() const {
  return style_ == Style::live ? k_live : k_plain;
}

Progress::Style Progress::style_for(bool quiet, bool results_on_terminal) {
  if (quiet) return Style::none;
  return can_redraw(STDERR_FILENO) && !results_on_terminal ? Style::live : Style::lines;
}

std::string Progress::first_line(const Standing& standing, SteadyTime now) {
  const double span = std::chrono::duration<double>(now - rated_).count();
  const std::uint64_t done = standing.tally->done();
  if (span > 0) {
    const double latest = static_cast<double>(done - done_before_) / span;
    // Of all the time there was, at first: jobs end in bursts, and one of them is no rate.
    const double age = std::chrono::duration<double>(now - began_).count();
    rate_ += std::min(1.0, span / std::min(age, 3.0)) * (latest - rate_);
    done_before_ = done;
    rated_ = now;
  }
  std::string text =
      standing_text(standing) + fmt::format("  {}/s", grouped(static_cast<std::uint64_t>(rate_)));
  if (standing.total && rate_ > 0.01 && *standing.total >= done) {
    const double left = static_cast<double>(*standing.total - done) / rate_;
    text += "  ETA " + clock_text(std::chrono::seconds(static_cast<std::int64_t>(left)));
  }
  return text;
}

bool Progress::is_due(SteadyTime now) {
  if (now < due_) return false;
  due_ = now + interval();
  return true;
}

void Progress::draw(const std::string& first, const std::string& second) {
  // The last column stays free: writing it would wrap the line.
  const auto width = static_cast<std::size_t>(std::max(screen_.width() - 1, 1));
  clear();
  screen_.write(first.substr(0, width) + "\n" + second.substr(0, width) + "\r");
  drawn_ = true;
}

void Progress::show(const Standing& standing) {
  const SteadyTime now = screen_.now();
  if (!is_due(now)) return;
  if (style_ == Style::lines) return tell(standing);
  draw(first_line(standing, now), waiting_text(standing));
}

void Progress::show_check(std::string_view name, std::uint64_t jobs) {
  if (!is_due(screen_.now())) return;
  const std::string first = fmt::format("checking {}: {} jobs", name, grouped(jobs));
  const std::string second = "nothing is sent before all of it is checked";
  if (style_ == Style::lines) return screen_.write("redial: " + first + "; " + second + "\n");
  draw(first, second);
}

void Progress::tell(const Standing& standing) {
  clear();
  screen_.write("redial: " + first_line(standing, screen_.now()) + "  " + waiting_text(standing) +
                "\n");
}

void Progress::clear() {
  if (!drawn_) return;
  screen_.write("\r\x1b[K\x1b[A\r\x1b[K");
  drawn_ = false;
}

}  // namespace redial::cli

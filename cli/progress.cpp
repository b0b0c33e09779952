#include "progress.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "output.hpp"

namespace redial::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto k_live = 100ms;
constexpr auto k_plain = 10s;

std::size_t columns() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 20) return 80;
  return size.ws_col;
}

void say(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
}

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
  return text + fmt::format("  ok {}  waiting {}  failed {}  in doubt {}",
                            grouped(tally.of(CallOutcome::ok)), grouped(standing.waiting),
                            grouped(tally.of(CallOutcome::failed) + tally.of(CallOutcome::later)),
                            grouped(tally.of(CallOutcome::in_doubt)));
}

std::string waiting_text(const Standing& standing) {
  const std::size_t all = standing.sending + standing.waiting;
  if (all == 0) return "waiting on: input";
  return fmt::format("in flight {}  |  waiting on: servers {}%, retry waits {}%", grouped(all),
                     standing.sending * 100 / all, standing.waiting * 100 / all);
}

Progress::Progress(Style style)
    : style_(style),
      due_(style == Style::none ? Clock::time_point::max()
                                : start_ + (style == Style::live ? Clock::duration(k_live)
                                                                 : Clock::duration(k_plain))) {}

Progress::Style Progress::style_for(bool quiet, bool results_on_terminal) {
  if (quiet) return Style::none;
  const char* const term = std::getenv("TERM");  // NOLINT(concurrency-mt-unsafe): read only
  const bool dumb = term == nullptr || std::string(term) == "dumb";
  return isatty(STDERR_FILENO) != 0 && !dumb && !results_on_terminal ? Style::live : Style::lines;
}

std::string Progress::first_line(const Standing& standing, Clock::time_point now) {
  const double span = std::chrono::duration<double>(now - rated_).count();
  const std::uint64_t done = standing.tally->done();
  if (span > 0) {
    const double latest = static_cast<double>(done - done_before_) / span;
    const double weight = std::min(1.0, span / 3);
    rate_ = done_before_ == 0 ? latest : rate_ + weight * (latest - rate_);
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

void Progress::show(const Standing& standing, Clock::time_point now) {
  if (now < due_) return;
  due_ = now + (style_ == Style::live ? Clock::duration(k_live) : Clock::duration(k_plain));
  const std::string first = first_line(standing, now);
  const std::string second = waiting_text(standing);
  if (style_ == Style::lines) return say("redial: " + first + "  " + second + "\n");
  const std::size_t width = columns() - 1;
  clear();
  say(first.substr(0, width) + "\n" + second.substr(0, width) + "\r");
  drawn_ = true;
}

void Progress::clear() {
  if (!drawn_) return;
  say("\r\033[K\033[A\r\033[K");
  drawn_ = false;
}

}  // namespace redial::cli

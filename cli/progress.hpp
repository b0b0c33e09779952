#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <redial/policy/time.hpp>

#include "screen.hpp"
#include "tally.hpp"
#include "waits.hpp"

namespace redial::cli {

/// How a batch stands at a moment.
struct Standing {
  const Tally* tally = nullptr;
  std::size_t sending = 0;     ///< jobs with a request on the wire
  Waits waits = {};            ///< of jobs that wait for their next attempt
  std::size_t aside = 0;       ///< jobs that were read and wait for a place at their host
  std::string full_host = {};  ///< the host that most of these wait for
  std::size_t held = 0;        ///< results that wait for the one of an earlier job
  std::optional<std::uint64_t> total = std::nullopt;
};

/// 1234567 as "1 234 567".
std::string grouped(std::uint64_t number);
/// "00:20", "2:03:04".
std::string clock_text(std::chrono::seconds span);

/// How far a batch is, on standard error: two lines redrawn at most ten times a second on a
/// terminal, else a plain line every ten seconds.
class Progress {
 public:
  enum class Style : std::uint8_t { none, lines, live };

  explicit Progress(Style style, Screen screen = Screen::standard_error());
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { clear(); }

  /// What suits standard error: `live` on a terminal that can move its cursor, unless results go
  /// there too.
  static Style style_for(bool quiet, bool results_on_terminal);

  /// When `show` has something to do next.
  SteadyTime due() const noexcept { return due_; }
  /// Draws when that is due; a clock's reading otherwise.
  void show(const Standing& standing);
  /// The same for the check of `name` before anything is sent, `jobs` of which are read.
  void show_check(std::string_view name, std::uint64_t jobs);
  /// A plain line now, whatever the style.
  void tell(const Standing& standing);
  /// Takes the live lines away, so that something else can be written.
  void clear();

 private:
  std::string first_line(const Standing& standing, SteadyTime now);
  Duration interval() const;
  bool is_due(SteadyTime now);
  void draw(const std::string& first, const std::string& second);

  Style style_;
  Screen screen_;
  SteadyTime due_;
  bool drawn_ = false;
  // The rate of the last seconds, smoothed.
  std::uint64_t done_before_ = 0;
  const SteadyTime began_;
  SteadyTime rated_;
  double rate_ = 0;
};

/// The first line of a batch's state, without rate: pure, for tests.
std::string standing_text(const Standing& standing);
std::string waiting_text(const Standing& standing);

}  // namespace redial::cli

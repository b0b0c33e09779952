#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace redial::cli {

/// Lines of a file: "3,7-9,120-", in ascending order. Thread safety: a value.
class LineRanges {
 public:
  /// All of them.
  LineRanges() : ranges_{{1, UINT64_MAX}} {}
  /// Throws std::invalid_argument saying what is wrong with `text`.
  explicit LineRanges(std::string_view text);
  static LineRanges from(std::uint64_t first);

  bool contains(std::uint64_t line) const;
  /// Adds lines above all that are in it, or right behind the last.
  void append(std::uint64_t first, std::uint64_t last);
  /// Those of `other` alone.
  LineRanges within(const LineRanges& other) const;
  std::string text() const;
  /// "N-": nothing but everything from a line on.
  bool is_rest() const noexcept;

 private:
  struct Range {
    std::uint64_t first, last;
  };
  std::vector<Range> ranges_;
};

/// What a stopped run has left: `unsent`, ascending, and everything after `last_read`.
LineRanges lines_left(const std::vector<std::uint64_t>& unsent, std::uint64_t last_read);

}  // namespace redial::cli

#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include <redial/http/response.hpp>
#include <redial/policy/time.hpp>

#include "screen.hpp"

namespace redial::cli {

/// How far a download is.
struct Download {
  std::string name;
  std::uint64_t bytes = 0;
  std::optional<std::uint64_t> total = std::nullopt;
  double rate = 0;  ///< bytes a second, lately
  Duration elapsed{};
};

/// One line of at most `width` columns: share, bar, bytes, rate and time left; without a total:
/// bytes, rate and time taken.
std::string download_line(const Download& progress, int width);
/// What stays when it is done.
std::string finished_line(const Download& progress);

/// "999 B", "1.0 kB", "12.3 MB": powers of 1000.
std::string human_bytes(double bytes);
/// "0:05", "12:34", "3:00:00".
std::string human_time(Duration span);

/// Draws a download's progress while handing it on: at most ten times a second, nothing in the
/// first half second, and never more than one line, which goes away when an attempt fails.
class ProgressSink final : public BodySink {
 public:
  ProgressSink(BodySink& output, const std::string& name, Screen screen);
  void begin(const Response& response) override;
  void write(std::string_view piece) override;
  void commit() override;
  void abandon() noexcept override;
  bool can_abandon() const noexcept override { return output_.can_abandon(); }
  bool can_continue() const noexcept override { return output_.can_continue(); }

 private:
  struct Mark {
    SteadyTime at;
    std::uint64_t bytes;
  };
  void erase();
  void measure(SteadyTime now);

  BodySink& output_;
  Screen screen_;
  Download progress_;
  SteadyTime began_{}, drawn_at_{};
  std::deque<Mark> marks_;  // of the last seconds
  bool drawn_ = false;
};

}  // namespace redial::cli

#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <redial/http/response.hpp>
#include <redial/policy/time.hpp>

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

/// Whether a line on `fd` can be drawn over: a terminal, and not a dumb one.
bool can_redraw(int fd);

/// Draws a download's progress while handing it on: at most ten times a second, nothing in the
/// first half second, and never more than one line, which goes away when an attempt fails.
class ProgressSink final : public BodySink {
 public:
  struct Terminal {
    std::function<void(std::string_view)> write;
    std::function<int()> width;
    std::function<SteadyTime()> now;
    static Terminal standard_error();
  };

  ProgressSink(BodySink& output, const std::string& name, Terminal terminal);
  void begin(const Response& response) override;
  void write(std::string_view piece) override;
  void commit() override;
  void abandon() noexcept override;
  bool can_abandon() const noexcept override { return output_.can_abandon(); }

 private:
  struct Mark {
    SteadyTime at;
    std::uint64_t bytes;
  };
  void erase();
  void measure(SteadyTime now);

  BodySink& output_;
  Terminal terminal_;
  Download progress_;
  SteadyTime began_{}, drawn_at_{};
  std::deque<Mark> marks_;  // of the last seconds
  bool drawn_ = false;
};

}  // namespace redial::cli

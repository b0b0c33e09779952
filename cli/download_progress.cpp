#include "download_progress.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <utility>

#include <redial/http/text.hpp>

namespace redial::cli {
namespace {

using namespace std::chrono_literals;

constexpr Duration k_interval = 100ms;
constexpr Duration k_quiet_start = 500ms;
constexpr Duration k_window = 5s;

double seconds_of(Duration span) {
  return std::chrono::duration<double>(span).count();
}

// The answer's length as the sink will see it: a coding that is undone makes it another.
std::optional<std::uint64_t> length_of(const Headers& headers) {
  const auto text = headers.get("Content-Length");
  if (!text || headers.contains("Content-Encoding")) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return value;
}

std::string bar(double share, int columns) {
  const int full = static_cast<int>(share * columns);
  std::string text(static_cast<std::size_t>(full), '=');
  if (full < columns) text += '>';
  text.resize(static_cast<std::size_t>(columns), ' ');
  return "[" + text + "]";
}

}  // namespace

std::string human_bytes(double bytes) {
  constexpr std::array<const char*, 6> units{"B", "kB", "MB", "GB", "TB", "PB"};
  std::size_t unit = 0;
  while (bytes >= 999.95 && unit + 1 < units.size()) {
    bytes /= 1000;
    ++unit;
  }
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", bytes, units.at(unit));
  return text;
}

std::string human_time(Duration span) {
  const auto total = std::chrono::floor<std::chrono::seconds>(span).count();
  char text[40];
  if (total >= 3600) {
    std::snprintf(text, sizeof text, "%lld:%02d:%02d", static_cast<long long>(total / 3600),
                  static_cast<int>(total / 60 % 60), static_cast<int>(total % 60));
  } else {
    std::snprintf(text, sizeof text, "%d:%02d", static_cast<int>(total / 60),
                  static_cast<int>(total % 60));
  }
  return text;
}

std::string download_line(const Download& progress, int width) {
  const std::string rate = human_bytes(progress.rate) + "/s";
  const auto columns = static_cast<std::size_t>(std::max(width, 1));
  if (!progress.total || *progress.total == 0 || progress.bytes > *progress.total) {
    std::string line = progress.name + "  " + human_bytes(static_cast<double>(progress.bytes)) +
                       "  " + rate + "  " + human_time(progress.elapsed);
    return line.substr(0, columns);
  }
  const auto bytes = static_cast<double>(progress.bytes);
  const auto total = static_cast<double>(*progress.total);
  char share[16];
  std::snprintf(share, sizeof share, "%3d %%", static_cast<int>(bytes / total * 100));
  std::string tail = human_bytes(bytes) + " of " + human_bytes(total) + "  " + rate;
  const double left = progress.rate > 0 ? (total - bytes) / progress.rate : 0;
  if (progress.rate > 0 && left < 360000) {
    tail += "  ETA " +
            human_time(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(left)));
  }
  const std::string head = progress.name + "  " + share + "  ";
  // The bar takes what is left, when that is enough to see anything.
  const auto used = head.size() + tail.size() + 4;
  const int room = used < columns ? static_cast<int>(std::min<std::size_t>(columns - used, 40)) : 0;
  std::string line = head + (room >= 8 ? bar(bytes / total, room) + "  " : "") + tail;
  return line.substr(0, columns);
}

std::string finished_line(const Download& progress) {
  const double seconds = seconds_of(progress.elapsed);
  std::string line = progress.name + "  " + human_bytes(static_cast<double>(progress.bytes)) +
                     " in " + human_time(progress.elapsed);
  if (seconds > 0) line += "  " + human_bytes(static_cast<double>(progress.bytes) / seconds) + "/s";
  return line;
}

ProgressSink::ProgressSink(BodySink& output, const std::string& name, Screen screen)
    : output_(output), screen_(std::move(screen)) {
  progress_.name = printable(name);
  if (progress_.name.size() > 30)
    progress_.name = "..." + progress_.name.substr(progress_.name.size() - 27);
}

void ProgressSink::begin(const Response& response) {
  output_.begin(response);
  progress_.bytes = 0;
  progress_.total = length_of(response.headers());
  began_ = drawn_at_ = screen_.now();
  marks_.assign(1, {began_, 0});
}

// The rate of the last seconds: one stall does not spoil an hour's average, nor the other way
// round.
void ProgressSink::measure(SteadyTime now) {
  progress_.elapsed = now - began_;
  marks_.push_back({now, progress_.bytes});
  while (marks_.size() > 2 && now - marks_.front().at > k_window) marks_.pop_front();
  const double seconds = seconds_of(now - marks_.front().at);
  progress_.rate =
      seconds > 0 ? static_cast<double>(progress_.bytes - marks_.front().bytes) / seconds : 0;
}

void ProgressSink::write(std::string_view piece) {
  output_.write(piece);
  progress_.bytes += piece.size();
  const SteadyTime now = screen_.now();
  if (now - drawn_at_ < k_interval || now - began_ < k_quiet_start) return;
  drawn_at_ = now;
  measure(now);
  // The last column stays free: writing it would wrap the line.
  screen_.write("\r" + download_line(progress_, screen_.width() - 1) + "\x1b[K");
  drawn_ = true;
}

void ProgressSink::commit() {
  output_.commit();
  progress_.elapsed = screen_.now() - began_;
  erase();
  screen_.write(finished_line(progress_) + "\n");
}

void ProgressSink::abandon() noexcept {
  erase();
  output_.abandon();
}

void ProgressSink::erase() {
  if (drawn_) screen_.write("\r\x1b[K");
  drawn_ = false;
}

}  // namespace redial::cli

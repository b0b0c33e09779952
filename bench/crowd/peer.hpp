#pragma once

// What one client is asked to do, and what each of them has to do alike: keep `at_once` requests
// in flight on kept-alive connections, verify the server's certificate, put a limit of 10 s on
// each request, read the whole body, and look at the status.

#include <atomic>
#include <cstddef>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>

namespace crowd {

inline constexpr int k_limit_seconds = 10;
inline constexpr std::size_t k_body_bytes = 200;

struct Target {
  std::string url;
  bool tls = false;
  std::string host;
  std::string port;
  std::string path;
  std::string ca_file;  ///< signs the server's certificate
};

/// An answer that is none of ours makes the whole run worthless.
inline void expect_answer(int status, std::size_t body_bytes) {
  if (status == 200 && body_bytes == k_body_bytes) return;
  throw std::runtime_error("status " + std::to_string(status) + " with " +
                           std::to_string(body_bytes) + " bytes");
}

/// The requests that the lanes of one client (a coroutine, a handle or a thread for each request in
/// flight) share. Measuring begins when every lane has its connection, and from there on all of
/// them are busy until the last request has been taken.
///
/// Thread safety: all of it.
class Work {
 public:
  Work(std::size_t lanes, std::size_t count, std::function<void()> warm)
      : lanes_(lanes), count_(count), warm_(std::move(warm)) {}

  std::size_t lanes() const noexcept { return lanes_; }

  /// A lane has failed: none makes another request.
  void fail() noexcept { failed_ = true; }
  /// Whether a lane that has made `done` requests is to make another.
  bool next(std::size_t done) {
    if (failed_) return false;
    if (done == 1 && ++connected_ == lanes_) {
      warm_();
      measuring_ = true;
    }
    return !measuring_ || taken_++ < count_;
  }

 private:
  const std::size_t lanes_;
  const std::size_t count_;
  const std::function<void()> warm_;
  std::atomic<std::size_t> connected_{0};
  std::atomic<std::size_t> taken_{0};
  std::atomic<bool> measuring_{false};
  std::atomic<bool> failed_{false};
};

}  // namespace crowd

#pragma once

#include <atomic>
#include <csignal>
#include <cstddef>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

#include <sys/types.h>

#include "lines.hpp"

namespace redial::cli {

/// Ctrl-C before anything was sent.
struct Interrupted {};

/// Turns Ctrl-C, SIGTERM and SIGHUP (but under nohup) into a stop request, and a second one into a
/// second request or the end of the process; SIGUSR1 asks how things stand, as with dd.
///
/// Make it first thing in main, once: it blocks the signals for every thread that starts later and
/// waits for them on one of its own, so that nothing runs inside a signal handler. SIGPIPE and
/// SIGXFSZ are ignored: a closed pipe and a file that may not grow are write errors.
class Interrupt {
 public:
  /// `patience`: signals that are requests; the next one ends the process, at once but for the
  /// moment (0.3 s) in which it may end by itself.
  explicit Interrupt(int patience = 1);
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  ~Interrupt();

  std::stop_token token() const { return stop_.get_token(); }
  /// The second request.
  std::stop_token insisted() const { return insisted_.get_token(); }
  bool happened() const { return signal_ != 0; }
  /// Called, on a thread of its own, when someone asks how things stand; from then on `asked`.
  void on_ask(std::function<void()> wake) const;
  /// Whether someone has asked since the last time.
  bool asked() const { return asked_.exchange(false); }
  /// 130 for Ctrl-C, 143 for SIGTERM, 129 for SIGHUP.
  int exit_code() const { return 128 + signal_; }

 private:
  friend ssize_t read_interruptibly(int fd, char* into, std::size_t size);
  bool ends_by_itself(const sigset_t& set) const;

  std::stop_source stop_;
  std::stop_source insisted_;
  std::atomic<int> signal_{0};
  std::atomic<bool> over_{false};
  mutable std::atomic<bool> asked_{false};
  mutable std::mutex mutex_;
  mutable std::function<void()> wake_;
  File stopped_;  // an eventfd, set with the first request
  std::thread waiter_;
};

/// As read(2), but throws Interrupted when someone asks to stop, also while nothing comes.
ssize_t read_interruptibly(int fd, char* into, std::size_t size);

}  // namespace redial::cli

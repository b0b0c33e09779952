#pragma once

#include <atomic>
#include <csignal>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

namespace redial::cli {

/// Turns Ctrl-C and SIGTERM into a stop request, and a second one into a second request or the end
/// of the process; SIGUSR1 asks how things stand, as with dd.
///
/// Make it first thing in main: it blocks the signals for every thread that starts later and waits
/// for them on one of its own, so that nothing runs inside a signal handler. SIGPIPE is ignored: a
/// closed pipe is a write error.
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
  /// 130 for Ctrl-C, 143 for SIGTERM.
  int exit_code() const { return 128 + signal_; }

 private:
  bool ends_by_itself(const sigset_t& set) const;

  std::stop_source stop_;
  std::stop_source insisted_;
  std::atomic<int> signal_{0};
  std::atomic<bool> over_{false};
  mutable std::atomic<bool> asked_{false};
  mutable std::mutex mutex_;
  mutable std::function<void()> wake_;
  std::thread waiter_;
};

}  // namespace redial::cli

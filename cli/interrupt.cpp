#include "interrupt.hpp"

#include <csignal>
#include <utility>

#include <pthread.h>
#include <unistd.h>

namespace redial::cli {
namespace {

sigset_t watched() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGUSR2);  // ends the waiter
  return set;
}

}  // namespace

Interrupt::Interrupt(int patience) {
  std::signal(SIGPIPE, SIG_IGN);
  const sigset_t set = watched();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  waiter_ = std::thread([this, set, patience] {
    for (int heard = 0;;) {
      int signal = 0;
      if (sigwait(&set, &signal) != 0) continue;
      if (over_) return;
      if (signal == SIGUSR2) continue;
      if (signal == SIGUSR1) {
        asked_ = true;
        const std::lock_guard lock(mutex_);
        if (wake_) wake_();
        continue;
      }
      if (heard++ == patience) _exit(128 + signal);
      signal_ = signal;
      stop_.request_stop();
      if (heard == 2) insisted_.request_stop();
    }
  });
}

Interrupt::~Interrupt() {
  over_ = true;
  pthread_kill(waiter_.native_handle(), SIGUSR2);
  waiter_.join();
}

void Interrupt::on_ask(std::function<void()> wake) const {
  const std::lock_guard lock(mutex_);
  wake_ = std::move(wake);
}

}  // namespace redial::cli

#include "interrupt.hpp"

#include <chrono>
#include <csignal>
#include <ctime>
#include <utility>

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace redial::cli {
namespace {

sigset_t watched() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  struct sigaction hangup {};
  if (sigaction(SIGHUP, nullptr, &hangup) == 0 && hangup.sa_handler != SIG_IGN)  // nohup
    sigaddset(&set, SIGHUP);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGUSR2);  // ends the waiter
  return set;
}

// There is one in a process: whoever reads a flag's file needs not be handed it.
std::atomic<const Interrupt*>& present() {
  static std::atomic<const Interrupt*> interrupt = nullptr;
  return interrupt;
}

}  // namespace

Interrupt::Interrupt(int patience) : stopped_(eventfd(0, EFD_CLOEXEC)) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
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
      if (heard++ == patience) {
        if (ends_by_itself(set)) return;
        _exit(128 + signal);
      }
      signal_ = signal;
      eventfd_write(stopped_.fd(), 1);
      stop_.request_stop();
      if (heard == 2) insisted_.request_stop();
    }
  });
  present() = this;
}

// Two requests in a moment: whoever obeys the first takes its half files away meanwhile.
bool Interrupt::ends_by_itself(const sigset_t& set) const {
  using std::chrono::steady_clock;
  const auto until = steady_clock::now() + std::chrono::milliseconds(300);
  while (!over_) {
    const auto left = std::chrono::nanoseconds(until - steady_clock::now()).count();
    if (left <= 0) return false;
    const timespec span{.tv_sec = 0, .tv_nsec = left};
    sigtimedwait(&set, nullptr, &span);
  }
  return true;
}

Interrupt::~Interrupt() {
  present() = nullptr;
  over_ = true;
  pthread_kill(waiter_.native_handle(), SIGUSR2);
  waiter_.join();
}

ssize_t read_interruptibly(int fd, char* into, std::size_t size) {
  const Interrupt* const interrupt = present();
  const ssize_t count =
      read_until(interrupt == nullptr ? -1 : interrupt->stopped_.fd(), fd, into, size);
  if (interrupt != nullptr && interrupt->happened()) throw Interrupted();
  return count;
}

void Interrupt::on_ask(std::function<void()> wake) const {
  const std::lock_guard lock(mutex_);
  wake_ = std::move(wake);
}

}  // namespace redial::cli

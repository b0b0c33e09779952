#include <exception>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <httplib.h>

#include "crowd/peers.hpp"

namespace crowd {
namespace {

void run_lane(const Target& target, Work& work) {
  httplib::Client client((target.tls ? "https://" : "http://") + target.host + ":" + target.port);
  client.set_keep_alive(true);
  client.set_tcp_nodelay(true);
  client.set_connection_timeout(k_limit_seconds);
  client.set_read_timeout(k_limit_seconds);
  client.set_write_timeout(k_limit_seconds);
  if (target.tls) {
    client.set_ca_cert_path(target.ca_file);
    client.enable_server_certificate_verification(true);
  }
  for (std::size_t done = 0; work.next(done); ++done) {
    const auto answer = client.Get(target.path);
    if (!answer) throw std::runtime_error(httplib::to_string(answer.error()));
    expect_answer(answer->status, answer->body.size());
  }
}

}  // namespace

void httplib_threads(const Target& target, Work& work) {
  std::mutex mutex;
  std::exception_ptr failure;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < work.lanes(); ++i) {
    threads.emplace_back([&] {
      try {
        run_lane(target, work);
      } catch (...) {
        work.fail();
        const std::lock_guard lock(mutex);
        failure = std::current_exception();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace crowd

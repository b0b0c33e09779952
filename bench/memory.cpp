// What a call costs while nothing happens to it: bytes of a parked retry (told to come back later;
// no connection) and of a call in flight (sent, not answered), and whether calls slow down while
// many others are there, or once the session has met many hosts. Plain TCP, one loop, a server of
// its own process.
//
// Bytes are those of the heap's blocks, theirs included, that operator new has given out and not
// got back, of all threads: the server's are not among them. RSS is the kernel's count, stacks and
// what the heap keeps for later included; sockets are the kernel's own memory, and in neither.
// Usage: bench_memory [FILE].

#include <malloc.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <thread>

#include <redial/async.hpp>
#include <redial/redial.hpp>

#include "support.hpp"

namespace {

std::atomic<std::int64_t> g_live{0};

// The block as the heap counts it: room and header.
std::int64_t block_of(void* memory) {
  return memory == nullptr ? 0 : static_cast<std::int64_t>(malloc_usable_size(memory) + 8);
}

}  // namespace

// g++ 12 takes the pair below, once inlined, for a mismatch.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

void* operator new(std::size_t size) {
  void* const memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  g_live.fetch_add(block_of(memory), std::memory_order_relaxed);
  return memory;
}
void operator delete(void* memory) noexcept {
  g_live.fetch_sub(block_of(memory), std::memory_order_relaxed);
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  operator delete(memory);
}

namespace {

using namespace redial;
using namespace std::chrono_literals;

/// Answers /ok at once and /busy with a long Retry-After; reads everything else and says nothing.
/// A process of its own, on every address of loopback; gone with this object.
class Server {
 public:
  Server() : shared_(static_cast<Shared*>(shared_page())) {
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (bind(listener, any, size) != 0 || listen(listener, 4096) != 0 ||
        getsockname(listener, any, &size) != 0)
      throw std::runtime_error("no server");
    port_ = ntohs(address.sin_port);
    child_ = fork();
    if (child_ == 0) serve(listener, *shared_);
    close(listener);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() {
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
  }

  std::string url(std::string_view path, const std::string& host = "127.0.0.1") const {
    return "http://" + host + ":" + std::to_string(port_) + std::string(path);
  }
  /// Requests read so far.
  std::uint64_t read() const { return shared_->read; }
  void wait_until_read(std::uint64_t count) const {
    while (read() < count) std::this_thread::sleep_for(200us);
  }

 private:
  struct Shared {
    std::atomic<std::uint64_t> read;
  };

  static void* shared_page() {
    return mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  }
  static std::string_view answer_to(std::string_view request) {
    if (request.starts_with("GET /ok")) return "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    if (request.starts_with("GET /busy")) {
      return "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 3000\r\n"
             "Content-Length: 0\r\n\r\n";
    }
    return {};
  }
  [[noreturn]] static void serve(int listener, Shared& shared) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int poll = epoll_create1(0);
    const auto watch = [poll](int fd) {
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.fd = fd;
      epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
    };
    watch(listener);
    std::array<epoll_event, 256> events;
    std::array<char, 4096> room;
    for (;;) {
      const int count = epoll_wait(poll, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < count; ++i) {
        const int fd = events[static_cast<std::size_t>(i)].data.fd;
        if (fd == listener) {
          watch(accept4(listener, nullptr, nullptr, 0));
          continue;
        }
        const ssize_t size = recv(fd, room.data(), room.size(), 0);
        if (size <= 0) {
          close(fd);
          continue;
        }
        const auto answer = answer_to({room.data(), static_cast<std::size_t>(size)});
        if (!answer.empty()) send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
        ++shared.read;
      }
    }
  }

  Shared* shared_;
  pid_t child_ = -1;
  std::uint16_t port_ = 0;
};

double rss() {
  malloc_trim(0);
  std::ifstream statm("/proc/self/statm");
  double pages = 0;
  statm >> pages >> pages;
  return pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

// Once nothing changes any more.
double live() {
  std::int64_t before = -1;
  while (before != g_live) {
    before = g_live;
    std::this_thread::sleep_for(50ms);
  }
  return static_cast<double>(before);
}

struct Client {
  Client() : session(options()) {
    const Adapter patient{.max_retries = {.retry_after_max = 2h},
                          .timeouts = {.connect = 1min, .attempt = 1h, .idle = 1h, .deadline = 2h}};
    session.mount("http://", patient);
  }
  static AsyncOptions options() {
    AsyncOptions options;
    options.calls_per_thread = 1'000'000;
    options.session.pause_hosts = false;  // so that each call is told to wait by the server itself
    return options;
  }
  AsyncSession session;
};

// Starts `count` calls, a few at a time, each once the server has read those before.
void start(Client& client, const Server& server, const std::string& path, std::size_t count) {
  constexpr std::size_t at_once = 128;
  const std::string url = server.url(path);
  const std::uint64_t before = server.read();
  for (std::size_t i = 0; i < count; ++i) {
    client.session.send(Request::get(url), [](const Result<Response>&) {});
    if ((i + 1) % at_once == 0) server.wait_until_read(before + i + 1);
  }
  server.wait_until_read(before + count);
}

// Calls, 256 at a time, each begun by the end of the one before.
class Chains {
 public:
  Chains(AsyncSession& session, std::size_t count, std::function<std::string(std::size_t)> url)
      : session_(session), left_(count), url_(std::move(url)) {}
  void run() {
    for (int i = 0; i < k_at_once; ++i) next();
    over_.get_future().wait();
  }

 private:
  static constexpr int k_at_once = 256;
  void next() {
    const std::size_t left = left_.fetch_sub(1);
    if (static_cast<std::int64_t>(left) <= 0) {
      if (++ended_ == k_at_once) over_.set_value();
      return;
    }
    session_.send(Request::get(url_(left)), [this](const Result<Response>& result) {
      if (!result || result->status() != 200) std::abort();
      next();
    });
  }
  AsyncSession& session_;
  std::atomic<std::size_t> left_;
  std::atomic<int> ended_{0};
  const std::function<std::string(std::size_t)> url_;
  std::promise<void> over_;
};

void make_calls(Client& client, const Server& server, std::size_t count) {
  Chains(client.session, count, [&](std::size_t) { return server.url("/ok"); }).run();
}

// A client that has what the row says, and one that has nothing of it, in turns.
void add_micros(bench::Rows& rows, const std::string& where, Client& client, Client& alone,
                const Server& server) {
  constexpr std::size_t count = 4000;
  std::vector<double> ours, theirs;
  for (int round = 0; round < 9; ++round) {
    for (Client* const one : {&client, &alone}) {
      const double before = bench::cpu_seconds();
      make_calls(*one, server, count);
      (one == &client ? ours : theirs).push_back((bench::cpu_seconds() - before) / count * 1e6);
    }
  }
  rows.add("us CPU a call " + where, bench::median(ours), "nothing there", bench::median(theirs));
}

// What a complete request takes by itself: it is the caller's, however it is sent.
double bytes_a_request(Client& client, const Server& server) {
  std::promise<Request> made;
  client.session.send(
      Request::get(server.url("/busy")).retry(Retry{.total = 0}),
      [&](const Result<Response>& result) { made.set_value(result.value().request()); });
  const Request request = made.get_future().get();
  constexpr std::size_t count = 1000;
  std::vector<std::shared_ptr<const Request>> copies(count);
  const double before = live();
  for (auto& copy : copies) copy = std::make_shared<const Request>(request);
  return (live() - before) / count;
}

struct Costs {
  double bytes = 0;  ///< a call, with its request
  double request = 0;
  double rss = 0;
};

Costs costs_of(
    Client& client, const Server& server, const std::string& path, std::size_t count,
    const std::function<void()>& all_are_there = [] {}) {
  Costs costs{.request = bytes_a_request(client, server)};
  const double heap_before = live();
  const double rss_before = rss();
  start(client, server, path, count);
  all_are_there();
  costs.bytes = (live() - heap_before) / static_cast<double>(count);
  costs.rss = (rss() - rss_before) / static_cast<double>(count);
  return costs;
}

void add_costs(bench::Rows& rows, const std::string& many, const Costs& costs) {
  rows.add("bytes a call, its request aside, " + many, costs.bytes - costs.request);
  rows.add("bytes a call, with its request, " + many, costs.bytes);
  rows.add("RSS a call, " + many, costs.rss);
}

// More calls in flight than a process has descriptors for: by several, each with a client and a
// server of its own, and none counts before all are there. Before there are threads here.
void bench_calls_of_many_processes(bench::Rows& rows, std::size_t count, std::size_t processes) {
  struct Shared {
    std::atomic<std::size_t> there{0}, done{0};
    std::array<Costs, 64> costs;
  };
  auto* const shared =
      new (mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))
          Shared;
  const auto meet = [&](std::atomic<std::size_t>& counter) {
    ++counter;
    while (counter < processes) std::this_thread::sleep_for(10ms);
  };
  for (std::size_t i = 0; i < processes; ++i) {
    if (fork() != 0) continue;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    {
      const Server server;
      Client client;
      make_calls(client, server, 1000);  // warm
      shared->costs.at(i) =
          costs_of(client, server, "/silent", count / processes, [&] { meet(shared->there); });
      meet(shared->done);
    }
    _exit(0);
  }
  bool well = true;
  for (int status = 0; wait(&status) > 0;) well = well && status == 0;
  if (!well) throw std::runtime_error("calls of several processes: one of them failed");
  Costs mean;
  for (std::size_t i = 0; i < processes; ++i) {
    mean.bytes += shared->costs.at(i).bytes / static_cast<double>(processes);
    mean.request += shared->costs.at(i).request / static_cast<double>(processes);
    mean.rss += shared->costs.at(i).rss / static_cast<double>(processes);
  }
  add_costs(rows,
            std::to_string(count) + " in flight, by " + std::to_string(processes) + " processes",
            mean);
}

void bench_calls(bench::Rows& rows, const Server& server, const std::string& kind,
                 const std::string& path, std::size_t count) {
  Client client, alone;
  for (Client* const one : {&client, &alone}) make_calls(*one, server, 1000);  // warm
  const std::string many = std::to_string(count) + " " + kind;
  add_costs(rows, many, costs_of(client, server, path, count));
  add_micros(rows, "beside " + many, client, alone, server);
}

void bench_hosts(bench::Rows& rows, const Server& server, std::size_t count) {
  Client client, alone;
  for (Client* const one : {&client, &alone}) make_calls(*one, server, 1000);  // warm
  const double before = live();
  const auto host = [](std::size_t i) {
    return "127.1." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1);
  };
  Chains(client.session, count, [&](std::size_t i) { return server.url("/ok", host(i)); }).run();
  const std::string many = std::to_string(count) + " other hosts were met";
  rows.add("bytes a host, " + many, (live() - before) / static_cast<double>(count));
  add_micros(rows, "after " + many, client, alone, server);
}

}  // namespace

int main(int argc, char** argv) {
  rlimit descriptors{};
  getrlimit(RLIMIT_NOFILE, &descriptors);
  descriptors.rlim_cur = descriptors.rlim_max;
  setrlimit(RLIMIT_NOFILE, &descriptors);
  bench::Rows rows(bench::rows_file(argc, argv));
  constexpr std::size_t spare = 1000;  // descriptors that are not a call's
  constexpr std::size_t most = 100'000;
  const std::size_t each = std::max<std::size_t>(descriptors.rlim_cur, 2 * spare) - spare;
  const std::size_t processes = (most + each - 1) / each;
  if (processes > 1 && processes <= 64) bench_calls_of_many_processes(rows, most, processes);
  const Server server;
  for (const std::size_t count : {1000UL, 10'000UL}) bench_hosts(rows, server, count);
  for (const std::size_t count : {1000UL, 10'000UL, 100'000UL})
    bench_calls(rows, server, "parked", "/busy", count);
  for (const std::size_t count : {1000UL, 10'000UL, most}) {
    if (count + spare <= descriptors.rlim_cur) {
      bench_calls(rows, server, "in flight", "/silent", count);
    } else {
      std::printf("%zu calls in flight: one process has no descriptors for them\n", count);
    }
  }
  rows.write();
}

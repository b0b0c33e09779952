// redial against what it is measured by: a hand-written Beast coroutine loop with a time-out per
// call, and one reused libcurl easy handle; CPU per keep-alive GET of 200 bytes, same nginx, in one
// process, interleaved. And `Call` alone. Usage: bench_redial [FILE]: prints a table, writes rows
// as JSON.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <new>
#include <string>
#include <vector>

#include <curl/curl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <nlohmann/json.hpp>

#include <redial/policy/call.hpp>
#include <redial/redial.hpp>
#include <redial/testing/fault_server.hpp>

namespace {

std::atomic<std::uint64_t> g_allocations{0};

}  // namespace

// g++ 12 takes the pair below, once inlined, for a mismatch.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

void* operator new(std::size_t size) {
  g_allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// nginx on a free port of loopback, with a 200-byte file; gone with this object.
class Nginx {
 public:
  Nginx()
      : folder_(std::filesystem::temp_directory_path() /
                ("redial-bench-" + std::to_string(getpid()))) {
    std::filesystem::create_directories(folder_);
    port_ = redial::testing::refused_port();
    std::ofstream(folder_ / "x") << std::string(200, 'x');
    std::ofstream(folder_ / "nginx.conf")
        << "daemon off; worker_processes 1; pid " << folder_.string() << "/pid; error_log "
        << folder_.string()
        << "/log;\nevents {}\nhttp { access_log off; keepalive_requests 100000000; server { listen "
           "127.0.0.1:"
        << port_ << "; root " << folder_.string() << "; } client_body_temp_path "
        << folder_.string() << "; proxy_temp_path " << folder_.string() << "; fastcgi_temp_path "
        << folder_.string() << "; uwsgi_temp_path " << folder_.string() << "; scgi_temp_path "
        << folder_.string() << "; }\n";
    std::filesystem::permissions(folder_, std::filesystem::perms::all);
    child_ = fork();
    if (child_ == 0) {
      const std::string conf = (folder_ / "nginx.conf").string();
      const std::string log = (folder_ / "log").string();
      execlp("nginx", "nginx", "-c", conf.c_str(), "-e", log.c_str(), static_cast<char*>(nullptr));
      std::perror("nginx");
      _exit(127);
    }
    redial::Session session;
    const auto up = session.try_get(
        url(),
        {.retry = redial::Retry{.total = 20, .backoff_factor = std::chrono::milliseconds(50)}});
    if (!up) throw std::runtime_error(std::string("nginx does not answer: ") + up.error().what());
  }
  Nginx(const Nginx&) = delete;
  Nginx& operator=(const Nginx&) = delete;
  ~Nginx() {
    kill(child_, SIGTERM);
    waitpid(child_, nullptr, 0);
    std::filesystem::remove_all(folder_);
  }
  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/x"; }

 private:
  std::filesystem::path folder_;
  std::uint16_t port_ = 0;
  pid_t child_ = -1;
};

// The peer: what a careful person writes with Beast. One connection, a time-out for each call.
class BeastClient {
 public:
  explicit BeastClient(std::uint16_t port) : stream_(io_) {
    stream_.connect(tcp::endpoint(asio::ip::make_address("127.0.0.1"), port));
    stream_.socket().set_option(tcp::no_delay(true));
  }
  void get(int count) {
    asio::co_spawn(io_, loop(count), asio::detached);
    io_.restart();
    io_.run();
  }

 private:
  asio::awaitable<void> loop(int count) {
    namespace http = beast::http;
    for (int i = 0; i < count; ++i) {
      http::request<http::empty_body> request(http::verb::get, "/x", 11);
      request.set(http::field::host, "127.0.0.1");
      request.set(http::field::user_agent, "bench");
      request.set(http::field::accept, "*/*");
      stream_.expires_after(std::chrono::seconds(10));
      co_await http::async_write(stream_, request, asio::use_awaitable);
      http::response<http::string_body> response;
      co_await http::async_read(stream_, buffer_, response, asio::use_awaitable);
      if (response.body().size() != 200) std::abort();
    }
  }
  asio::io_context io_{1};
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
};

std::size_t append(char* bytes, std::size_t size, std::size_t count, void* into) {
  static_cast<std::string*>(into)->append(bytes, size * count);
  return size * count;
}

class CurlClient {
 public:
  explicit CurlClient(const std::string& url) : handle_(curl_easy_init()) {
    curl_easy_setopt(handle_, CURLOPT_URL, url.c_str());
    curl_easy_setopt(handle_, CURLOPT_WRITEFUNCTION, append);
    curl_easy_setopt(handle_, CURLOPT_WRITEDATA, &body_);
    curl_easy_setopt(handle_, CURLOPT_TIMEOUT_MS, 10000L);
    curl_easy_setopt(handle_, CURLOPT_NOSIGNAL, 1L);
  }
  CurlClient(const CurlClient&) = delete;
  CurlClient& operator=(const CurlClient&) = delete;
  ~CurlClient() { curl_easy_cleanup(handle_); }
  void get(int count) {
    for (int i = 0; i < count; ++i) {
      body_.clear();
      if (curl_easy_perform(handle_) != CURLE_OK || body_.size() != 200) std::abort();
    }
  }

 private:
  CURL* handle_;
  std::string body_;
};

struct Sample {
  std::string name;
  std::function<void(int)> get;
  std::vector<double> micros = {};
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void measure(std::vector<Sample>& samples, int rounds, int count) {
  for (auto& sample : samples) sample.get(count / 4);  // warm
  for (int round = 0; round < rounds; ++round) {
    for (auto& sample : samples) {
      const double before = cpu_seconds();
      sample.get(count);
      sample.micros.push_back((cpu_seconds() - before) / count * 1e6);
    }
  }
}

nlohmann::json row(const std::string& name, double ours, const nlohmann::json& peer,
                   const nlohmann::json& theirs) {
  nlohmann::json line{
      {"name", name}, {"ours", ours}, {"theirs", theirs}, {"peer", peer}, {"ratio", nullptr}};
  if (theirs.is_number()) line["ratio"] = ours / theirs.get<double>();
  std::printf(
      "%-44s ours %9.3f   %-28s %9s   ratio %s\n", name.c_str(), ours,
      peer.is_string() ? peer.get<std::string>().c_str() : "-",
      theirs.is_number() ? std::to_string(theirs.get<double>()).c_str() : "-",
      line["ratio"].is_number() ? std::to_string(line["ratio"].get<double>()).c_str() : "-");
  return line;
}

void bench_call(nlohmann::json& rows) {
  using namespace redial;
  const Policy policy;
  constexpr int count = 1'000'000;
  const Now start{};
  Outcome outcome;
  outcome.evidence = Evidence::responded;
  outcome.status = 200;
  std::vector<double> nanos;
  const std::uint64_t before = g_allocations;
  int done = 0;
  for (int round = 0; round < 7; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < count; ++i) {
      Call call(policy, CallTraits{}, start, Uniform(static_cast<std::uint64_t>(i)));
      outcome.attempt = call.next(start).attempt;
      call.report(outcome, start);
      done += call.next(start).kind == Step::Kind::finish;
    }
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
    nanos.push_back(took.count() / count);
  }
  const double allocations = static_cast<double>(g_allocations - before) / (7.0 * count);
  if (done != 7 * count) std::abort();
  rows.push_back(row("Call on success, ns", median(nanos), nullptr, nullptr));
  rows.push_back(
      row("Call on success, allocations", std::floor(allocations * 1000) / 1000, nullptr, nullptr));
}

void bench_session(nlohmann::json& rows) {
  const Nginx nginx;
  redial::Session session;
  BeastClient by_hand(nginx.port());
  CurlClient curl(nginx.url());
  std::vector<Sample> samples;
  samples.push_back({"redial", [&](int count) {
                       for (int i = 0; i < count; ++i) {
                         if (session.get(nginx.url()).body().size() != 200) std::abort();
                       }
                     }});
  samples.push_back({"hand-written Beast coroutines", [&](int count) { by_hand.get(count); }});
  samples.push_back({"libcurl, one easy handle", [&](int count) { curl.get(count); }});
  measure(samples, 9, 3000);
  for (const auto& sample : samples) {
    const auto [low, high] = std::minmax_element(sample.micros.begin(), sample.micros.end());
    std::printf("%-32s median %6.2f us CPU a request (%.2f to %.2f)\n", sample.name.c_str(),
                median(sample.micros), *low, *high);
  }
  const double ours = median(samples[0].micros);
  for (std::size_t i = 1; i < samples.size(); ++i) {
    rows.push_back(
        row("sequential GET, us CPU a request", ours, samples[i].name, median(samples[i].micros)));
  }
}

}  // namespace

int main(int argc, char** argv) {
  nlohmann::json rows = nlohmann::json::array();
  bench_call(rows);
  bench_session(rows);
  std::ofstream(argc > 1 ? argv[1] : "build/bench.json") << rows.dump(2) << '\n';
}

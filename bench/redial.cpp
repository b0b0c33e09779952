// redial against what it is measured by: a hand-written Beast coroutine loop with a time-out per
// call, one reused libcurl easy handle, cpp-httplib, and Python's requests with urllib3's Retry;
// CPU per keep-alive GET of 200 bytes, same nginx, interleaved. And `Call` alone. Usage:
// bench_redial [FILE]: prints a table, writes rows as JSON.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include <curl/curl.h>
#include <httplib.h>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <redial/policy/call.hpp>
#include <redial/redial.hpp>

#include "support.hpp"

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

/// cpp-httplib's client on one kept-alive connection: blocking calls, a thread each where more are
/// wanted.
class HttplibClient {
 public:
  explicit HttplibClient(std::uint16_t port) : client_("127.0.0.1", port) {
    client_.set_keep_alive(true);
    client_.set_tcp_nodelay(true);
    client_.set_read_timeout(10);
  }
  void get(int count) {
    for (int i = 0; i < count; ++i) {
      const auto answer = client_.Get("/x");
      if (!answer || answer->body.size() != 200) std::abort();
    }
  }

 private:
  httplib::Client client_;
};

// Python's requests with the article's policy mounted. It counts its own CPU, after a warm-up.
constexpr const char* k_requests = R"(
import resource, sys, requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry
session = requests.Session()
session.mount("http://", HTTPAdapter(max_retries=Retry(total=4, backoff_factor=2,
    status_forcelist=[429, 500, 502, 503, 504], allowed_methods=frozenset(["GET"]))))
def get(count):
    for _ in range(count):
        assert len(session.get(sys.argv[1], timeout=10).content) == 200
def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
count = int(sys.argv[2])
get(count // 4)
before = cpu()
get(count)
print((cpu() - before) / count * 1e6)
)";

double micros_of_requests(const std::string& url, int count) {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("pipe");
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    const std::string calls = std::to_string(count);
    execl("/usr/bin/python3", "python3", "-c", k_requests, url.c_str(), calls.c_str(),
          static_cast<char*>(nullptr));
    _exit(127);
  }
  close(ends[1]);
  char text[64] = {};
  const ssize_t size = read(ends[0], text, sizeof text - 1);
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (status != 0 || size <= 0) return 0;
  return std::strtod(text, nullptr);
}

struct Sample {
  std::string name;
  std::function<double(int)> micros_a_call;  ///< makes so many calls; CPU for each
  int count = 3000;
  std::vector<double> micros = {};
};

// Makes calls in this process and divides its CPU among them.
template <class Get>
std::function<double(int)> counted(Get get) {
  return [get](int count) {
    const double before = bench::cpu_seconds();
    get(count);
    return (bench::cpu_seconds() - before) / count * 1e6;
  };
}

void measure(std::vector<Sample>& samples, int rounds) {
  for (auto& sample : samples) sample.micros_a_call(sample.count / 4);  // warm
  for (int round = 0; round < rounds; ++round) {
    for (auto& sample : samples) sample.micros.push_back(sample.micros_a_call(sample.count));
  }
}

void bench_call(bench::Rows& rows) {
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
    const double begin = bench::cpu_seconds();  // of the clock, others' work would count too
    for (int i = 0; i < count; ++i) {
      Call call(policy, CallTraits{}, start, Uniform(static_cast<std::uint64_t>(i)));
      outcome.attempt = call.next(start).attempt;
      call.report(outcome, start);
      done += call.next(start).kind == Step::Kind::finish;
    }
    nanos.push_back((bench::cpu_seconds() - begin) / count * 1e9);
  }
  const double allocations = static_cast<double>(g_allocations - before) / (7.0 * count);
  if (done != 7 * count) std::abort();
  rows.add("Call on success, ns", bench::median(nanos));
  rows.add("Call on success, allocations", std::floor(allocations * 1000) / 1000);
}

void bench_session(bench::Rows& rows) {
  const bench::Nginx nginx;
  redial::Session session;
  BeastClient by_hand(nginx.port());
  CurlClient curl(nginx.url());
  HttplibClient httplib(nginx.port());
  std::vector<Sample> samples;
  samples.push_back({"redial", counted([&](int count) {
                       for (int i = 0; i < count; ++i) {
                         if (session.get(nginx.url()).body().size() != 200) std::abort();
                       }
                     })});
  samples.push_back(
      {"hand-written Beast coroutines", counted([&](int count) { by_hand.get(count); })});
  samples.push_back({"libcurl, one easy handle", counted([&](int count) { curl.get(count); })});
  samples.push_back({"cpp-httplib", counted([&](int count) { httplib.get(count); })});
  if (micros_of_requests(nginx.url(), 10) > 0) {
    samples.push_back({"Python requests + Retry",
                       [&](int count) { return micros_of_requests(nginx.url(), count); }, 500});
  } else {
    std::printf("Python's requests is missing (Debian: python3-requests): no row for it\n");
  }
  measure(samples, 9);
  for (const auto& sample : samples) {
    const auto [low, high] = std::minmax_element(sample.micros.begin(), sample.micros.end());
    std::printf("%-32s median %6.2f us CPU a request (%.2f to %.2f)\n", sample.name.c_str(),
                bench::median(sample.micros), *low, *high);
  }
  const double ours = bench::median(samples[0].micros);
  for (std::size_t i = 1; i < samples.size(); ++i) {
    rows.add("sequential GET, us CPU a request", ours, samples[i].name,
             bench::median(samples[i].micros));
  }
}

}  // namespace

int main(int argc, char** argv) {
  bench::Rows rows(bench::rows_file(argc, argv));
  bench_call(rows);
  bench_session(rows);
  rows.write();
}

#pragma once

// What every benchmark needs: rows that end up in one file, medians, and the server they share.

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <redial/redial.hpp>
#include <redial/testing/fault_server.hpp>

namespace bench {

inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// Seconds of CPU, user and system, of this process (RUSAGE_SELF) or its ended children.
inline double cpu_seconds(int who = RUSAGE_SELF) {
  rusage usage{};
  getrusage(who, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// The rows of one program: printed as they come, and put into the file that all programs share in
/// the place of older ones of the same name and peer.
class Rows {
 public:
  explicit Rows(std::string file) : file_(std::move(file)) {}

  void add(const std::string& name, double ours) { push(name, ours, nullptr, nullptr); }
  void add(const std::string& name, double ours, const std::string& peer, double theirs) {
    push(name, ours, peer, theirs);
  }
  void write() const {
    nlohmann::json all = nlohmann::json::array();
    if (std::ifstream old(file_); old) all = nlohmann::json::parse(old, nullptr, false);
    if (!all.is_array()) all = nlohmann::json::array();
    const auto same = [](const nlohmann::json& a, const nlohmann::json& b) {
      return a.value("name", "") == b.value("name", "") && a["peer"] == b["peer"];
    };
    for (const auto& row : rows_) {
      const auto old =
          std::find_if(all.begin(), all.end(), [&](const auto& other) { return same(row, other); });
      if (old != all.end()) {
        *old = row;
      } else {
        all.push_back(row);
      }
    }
    std::ofstream out(file_);
    out << all.dump(2) << '\n';
    if (!out.flush()) throw std::runtime_error("cannot write " + file_);
  }

 private:
  void push(const std::string& name, double ours, const nlohmann::json& peer,
            const nlohmann::json& theirs) {
    nlohmann::json row{
        {"name", name}, {"ours", ours}, {"theirs", theirs}, {"peer", peer}, {"ratio", nullptr}};
    std::printf("%-46s ours %10.3f", name.c_str(), ours);
    if (theirs.is_number()) {
      row["ratio"] = ours / theirs.get<double>();
      std::printf("   %-32s %10.3f   ratio %.3f", peer.get<std::string>().c_str(),
                  theirs.get<double>(), row["ratio"].get<double>());
    }
    std::printf("\n");
    rows_.push_back(std::move(row));
  }

  std::string file_;
  std::vector<nlohmann::json> rows_;
};

/// Where rows go: the first argument, or build/bench.json.
inline std::string rows_file(int argc, char** argv) {
  return argc > 1 ? argv[1] : "build/bench.json";
}

/// nginx on a free port of loopback, with a 200-byte file /x; gone with this object.
class Nginx {
 public:
  Nginx()
      : folder_(std::filesystem::temp_directory_path() /
                ("redial-bench-" + std::to_string(getpid()))) {
    std::filesystem::create_directories(folder_);
    port_ = redial::testing::refused_port();
    std::ofstream(folder_ / "x") << std::string(200, 'x');
    const std::string here = folder_.string();
    std::ofstream conf(folder_ / "nginx.conf");
    conf << "daemon off; worker_processes 1; pid " << here << "/pid; error_log " << here
         << "/log;\nevents { worker_connections 8192; }\nhttp { access_log off; "
            "keepalive_requests 100000000; server { listen 127.0.0.1:"
         << port_ << " backlog=4096; root " << here << "; }";
    for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
      conf << ' ' << kind << "_temp_path " << here << ';';
    conf << " }\n";
    conf.close();
    std::filesystem::permissions(folder_, std::filesystem::perms::all);
    child_ = fork();
    if (child_ == 0) {
      const std::string path = here + "/nginx.conf";
      const std::string log = here + "/log";
      execlp("nginx", "nginx", "-c", path.c_str(), "-e", log.c_str(), static_cast<char*>(nullptr));
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

}  // namespace bench

// The peers that are programs of their own.

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "peers.hpp"

namespace campaign {
namespace {

struct CloseProgram {
  void operator()(std::FILE* pipe) const { pclose(pipe); }
};

class CurlCommand final : public Client {
 public:
  CurlCommand(Place place, std::vector<std::string> options)
      : place_(std::move(place)), options_(std::move(options)) {
    for (std::size_t i = 0; i < place_.round.size; ++i) {
      std::string path = "/tmp/redial-campaign-XXXXXX";
      const int file = mkstemp(path.data());
      if (file < 0) throw std::runtime_error("no temporary file");
      close(file);
      lanes_.push_back(std::move(path));
    }
  }
  CurlCommand(const CurlCommand&) = delete;
  CurlCommand& operator=(const CurlCommand&) = delete;
  ~CurlCommand() override {
    for (const std::string& path : lanes_) unlink(path.c_str());
  }

  Told call(const Order& order, std::size_t lane) override {
    std::string command = "curl -q -s -L -m 1 -w '%{http_code} %{exitcode}' -o " + lanes_[lane];
    for (const std::string& option : options_) command += " " + option;
    command += " -H 'X-Request-Id: " + order.id + "'";
    if (order.keyed) command += " -H 'Idempotency-Key: " + order.key + "'";
    if (!place_.ca_file.empty()) command += " --cacert " + place_.ca_file;
    // One address for all attempts of a process: the one of the second.
    if (!order.host.empty())
      command += " --resolve " + order.host + ":" + std::to_string(place_.port) + ":" +
                 address_of(order, 2);
    command += " -d '" + order.body + "' " + place_.url(order);
    std::ofstream(lanes_[lane], std::ios::trunc).flush();
    const std::unique_ptr<std::FILE, CloseProgram> program(
        popen(command.c_str(), "re"));  // NOLINT(cert-env33-c)
    int status = 0;
    int code = 1;
    if (!program || std::fscanf(program.get(), "%d %d", &status, &code) != 2 || code != 0)
      status = 0;
    std::ifstream file(lanes_[lane], std::ios::binary);
    return told_by_peer(order, status, {std::istreambuf_iterator<char>(file), {}});
  }

 private:
  const Place place_;
  const std::vector<std::string> options_;
  std::vector<std::string> lanes_;  // where each leaves bodies
};

// requests_peer.py: a line for each call goes in, a line comes out.
class Interpreter {
 public:
  explicit Interpreter(const std::string& mode) {
    std::array<int, 2> in{-1, -1};
    std::array<int, 2> out{-1, -1};
    if (pipe2(in.data(), O_CLOEXEC) != 0 || pipe2(out.data(), O_CLOEXEC) != 0)
      throw std::runtime_error("no pipe");
    child_ = fork();
    if (child_ == 0) {
      dup2(in[0], STDIN_FILENO);
      dup2(out[1], STDOUT_FILENO);
      execl("/usr/bin/python3", "python3", REDIAL_REQUESTS_PEER, mode.c_str(), nullptr);
      _exit(126);
    }
    close(in[0]);
    close(out[1]);
    to_ = fdopen(in[1], "w");
    from_ = fdopen(out[0], "r");
  }
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;
  ~Interpreter() {
    std::fclose(to_);
    std::fclose(from_);
    waitpid(child_, nullptr, 0);
  }

  std::pair<int, std::string> ask(const std::string& line) {
    std::fprintf(to_, "%s\n", line.c_str());
    std::fflush(to_);
    std::array<char, 4096> answer{};
    int status = 0;
    int used = 0;
    if (std::fgets(answer.data(), answer.size(), from_) == nullptr ||
        std::sscanf(answer.data(), "%d %n", &status, &used) != 1)
      throw std::runtime_error("requests_peer.py says nothing");
    std::string body(answer.data() + used);
    if (!body.empty() && body.back() == '\n') body.pop_back();
    return {status, body};
  }

 private:
  pid_t child_ = -1;
  std::FILE* to_ = nullptr;
  std::FILE* from_ = nullptr;
};

// Starting Python takes longer than a round: its processes go from round to round.
class Interpreters {
 public:
  std::unique_ptr<Interpreter> take(const std::string& mode) {
    {
      const std::lock_guard lock(mutex_);
      if (auto& idle = idle_[mode]; !idle.empty()) {
        auto one = std::move(idle.back());
        idle.pop_back();
        return one;
      }
    }
    return std::make_unique<Interpreter>(mode);
  }
  void give(const std::string& mode, std::unique_ptr<Interpreter> one) {
    const std::lock_guard lock(mutex_);
    idle_[mode].push_back(std::move(one));
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::vector<std::unique_ptr<Interpreter>>> idle_;
};

class Requests final : public Client {
 public:
  Requests(Place place, std::string mode, std::shared_ptr<Interpreters> interpreters)
      : place_(std::move(place)), mode_(std::move(mode)), interpreters_(std::move(interpreters)) {
    for (std::size_t i = 0; i < place_.round.size; ++i)
      lanes_.push_back(interpreters_->take(mode_));
  }
  Requests(const Requests&) = delete;
  Requests& operator=(const Requests&) = delete;
  ~Requests() override {
    for (auto& lane : lanes_) interpreters_->give(mode_, std::move(lane));
  }

  Told call(const Order& order, std::size_t lane) override {
    const std::string line = std::to_string(place_.round.number) + "\t" + place_.ca_file + "\t" +
                             place_.url(order) + "\t" + order.id + "\t" + order.key + "\t" +
                             order.body + "\t" + address_of(order, 1) + "\t" + address_of(order, 2);
    const auto [status, body] = lanes_[lane]->ask(line);
    return told_by_peer(order, status, body);
  }

 private:
  const Place place_;
  const std::string mode_;
  const std::shared_ptr<Interpreters> interpreters_;
  std::vector<std::unique_ptr<Interpreter>> lanes_;
};

}  // namespace

MakeClient curl_command(std::vector<std::string> options) {
  return [options = std::move(options)](const Place& place) {
    return std::make_unique<CurlCommand>(place, options);
  };
}

MakeClient requests(std::string mode) {
  return [mode = std::move(mode), interpreters = std::make_shared<Interpreters>()](
             const Place& place) { return std::make_unique<Requests>(place, mode, interpreters); };
}

}  // namespace campaign

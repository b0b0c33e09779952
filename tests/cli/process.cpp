#include "cli/process.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

namespace {

std::string temporary_name() {
  std::string path = (std::filesystem::temp_directory_path() / "redial-test-XXXXXX").string();
  const int fd = mkstemp(path.data());
  if (fd < 0) throw std::runtime_error("no temporary file");
  close(fd);
  return path;
}

// Only what may be called between fork and exec.
void redirect(int target, const char* path, int flags) {
  const int fd = open(path, flags);
  if (fd < 0) _exit(125);
  dup2(fd, target);
  close(fd);
}

}  // namespace

Process::Process(std::vector<std::string> command) : Process(std::move(command), Options()) {}

Process::Process(std::vector<std::string> command, const Options& options)
    : out_path_(temporary_name()), err_path_(temporary_name()) {
  std::vector<char*> arguments;
  for (auto& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const std::string in_path = temporary_name();
  std::ofstream(in_path, std::ios::binary) << options.input;
  const std::string output = options.output_file.empty() ? out_path_ : options.output_file;
  int ends[2] = {-1, -1};
  if (options.closed_pipe) {
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    close(ends[0]);
  }
  pid_ = fork();
  if (pid_ == 0) {
    if (!options.working_folder.empty() && chdir(options.working_folder.c_str()) != 0) _exit(125);
    redirect(STDIN_FILENO, in_path.c_str(), O_RDONLY);
    if (options.closed_pipe) {
      dup2(ends[1], STDOUT_FILENO);
    } else {
      redirect(STDOUT_FILENO, output.c_str(), O_WRONLY);
    }
    redirect(STDERR_FILENO, err_path_.c_str(), O_WRONLY);
    execvp(arguments[0], arguments.data());
    _exit(126);
  }
  if (ends[1] >= 0) close(ends[1]);
  in_path_ = in_path;
}

Process::~Process() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  for (const auto& path : {in_path_, out_path_, err_path_}) std::filesystem::remove(path);
}

void Process::send_signal(int signal) const {
  kill(pid_, signal);
}

std::string Process::out() const {
  return content_of(out_path_);
}

Finished Process::wait() {
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  return {.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
          .out = content_of(out_path_),
          .err = content_of(err_path_)};
}

Finished redial_command(const std::vector<std::string>& arguments) {
  return redial_command(arguments, Process::Options());
}

Finished redial_command(const std::vector<std::string>& arguments,
                        const Process::Options& options) {
  std::vector<std::string> command{REDIAL_COMMAND};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return Process(std::move(command), options).wait();
}

TemporaryFolder::TemporaryFolder() {
  std::string path = (std::filesystem::temp_directory_path() / "redial-test-XXXXXX").string();
  if (mkdtemp(path.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = path;
}

TemporaryFolder::~TemporaryFolder() {
  std::filesystem::remove_all(path_);
}

std::string TemporaryFolder::path(const std::string& name) const {
  return name.empty() ? path_ : path_ + "/" + name;
}

std::string TemporaryFolder::file(const std::string& name, const std::string& content) const {
  std::ofstream(path(name), std::ios::binary) << content;
  return path(name);
}

std::vector<std::string> TemporaryFolder::names() const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(path_))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

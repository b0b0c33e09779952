#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

/// A program that was run to its end.
struct Finished {
  int code = -1;  ///< exit code, or 128 + signal
  std::string out;
  std::string err;
};

/// A program under way, its outputs caught in files.
class Process {
 public:
  struct Options {
    std::string input = {};           ///< its standard input
    std::string output_file = {};     ///< where its standard output goes instead
    bool closed_pipe = false;         ///< its standard output is a pipe that nobody reads
    std::string working_folder = {};  ///< where it runs
  };

  explicit Process(std::vector<std::string> command);
  Process(std::vector<std::string> command, const Options& options);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();

  void send_signal(int signal) const;
  /// What it has written to standard output so far.
  std::string out() const;
  Finished wait();

 private:
  pid_t pid_ = -1;
  std::string in_path_;
  std::string out_path_;
  std::string err_path_;
};

/// Runs `redial arguments…`.
Finished redial_command(const std::vector<std::string>& arguments);
Finished redial_command(const std::vector<std::string>& arguments, const Process::Options& options);

/// A folder for one test, removed with everything in it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();
  std::string path(const std::string& name = {}) const;
  /// Makes a file and returns its path.
  std::string file(const std::string& name, const std::string& content) const;
  /// The names in it, sorted.
  std::vector<std::string> names() const;

 private:
  std::string path_;
};

std::string content_of(const std::string& path);

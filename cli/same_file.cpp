#include "same_file.hpp"

#include <filesystem>
#include <system_error>

#include <sys/stat.h>

#include "errors.hpp"

namespace redial::cli {

bool same_file(const std::string& one, const std::string& other) {
  if (one.empty() || other.empty() || one == "-" || other == "-") return false;
  struct stat a {
  }, b{};
  const bool there = stat(one.c_str(), &a) == 0;
  if (there != (stat(other.c_str(), &b) == 0)) return false;
  if (there) return a.st_dev == b.st_dev && a.st_ino == b.st_ino && !S_ISCHR(a.st_mode);
  std::error_code unresolved;
  const auto first = std::filesystem::weakly_canonical(std::filesystem::absolute(one), unresolved);
  if (unresolved) return one == other;
  const auto second =
      std::filesystem::weakly_canonical(std::filesystem::absolute(other), unresolved);
  return unresolved ? one == other : first == second;
}

void refuse_input(const char* flag, const std::string& output, const std::string& input,
                  const char* what) {
  if (same_file(input == "-" ? "/dev/stdin" : input, output))
    throw UsageError(std::string(flag) + ": " + output + " is " + what + " itself");
}

void refuse_shared(const std::vector<NamedOutput>& outputs) {
  for (auto one = outputs.begin(); one != outputs.end(); ++one) {
    for (auto before = outputs.begin(); before != one; ++before) {
      if (same_file(one->path, before->path))
        throw UsageError(std::string(one->flag) + ": " + one->path + " is where " + before->flag +
                         " goes");
    }
  }
}

}  // namespace redial::cli

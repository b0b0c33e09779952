// The conformance matrix: every fault of the catalogue, every kind of request, every way to send
// it, against a table that is derived from the rules.
//
//     conformance [PART OF A CELL'S NAME]

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "cell.hpp"

namespace {

using namespace conformance;

// Most cells wait for something most of the time.
constexpr std::size_t k_threads = 32;

using Problems = std::vector<std::string>;

Problems tried(const Cell& cell, const Driver& driver) {
  try {
    return disagreements(cell, driver);
  } catch (const std::exception& error) {
    return {std::string("could not be played: ") + error.what()};
  }
}

std::vector<Problems> play_all(const std::vector<Cell>& cells, const Driver& driver) {
  std::vector<Problems> problems(cells.size());
  std::atomic<std::size_t> next{0};
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < k_threads; ++i) {
    threads.emplace_back([&] {
      for (std::size_t at = next++; at < cells.size(); at = next++)
        problems[at] = tried(cells[at], driver);
    });
  }
  threads.clear();
  return problems;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<Cell> cells = all_cells();
  if (argc > 1) {
    const std::string part = argv[1];
    std::erase_if(cells,
                  [&](const Cell& cell) { return cell.name().find(part) == std::string::npos; });
  }
  std::set<std::string> faults;
  for (const Cell& cell : cells) faults.insert(cell.fault->name);
  const auto start = std::chrono::steady_clock::now();
  const std::vector<Problems> problems = play_all(cells, blocking_driver());
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;

  std::size_t failed = 0;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (problems[i].empty()) continue;
    ++failed;
    std::printf("%s\n", cells[i].name().c_str());
    for (const std::string& problem : problems[i]) std::printf("  %s\n", problem.c_str());
  }
  std::printf("%zu cells of %zu faults, in %.1f s; %zu disagree\n", cells.size(), faults.size(),
              took.count(), failed);
  std::printf("%zu passed, %zu failed\n", cells.size() - failed, failed);
  return failed == 0 && !cells.empty() ? 0 : 1;
}

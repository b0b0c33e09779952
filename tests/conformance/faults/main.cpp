// The conformance matrix: every fault of the catalogue, every kind of request, every way to send
// it, against a table that is derived from the rules.
//
//     conformance [--async] [PART OF A CELL'S NAME]    by Session, or by AsyncSession
//     conformance --guards                             each guard taken out in turn: cells must
//     fail

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <set>
#include <string>
#include <string_view>
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

void keep_those_with(std::vector<Cell>& cells, std::string_view part) {
  std::erase_if(cells,
                [&](const Cell& cell) { return cell.name().find(part) == std::string::npos; });
}

// True when all agree.
bool plays(const std::vector<Cell>& cells, const Driver& driver) {
  std::set<std::string> faults;
  for (const Cell& cell : cells) faults.insert(cell.fault->name);
  const auto start = std::chrono::steady_clock::now();
  const std::vector<Problems> problems = play_all(cells, driver);
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
  return failed == 0 && !cells.empty();
}

// With a guard taken out, cells that hang on it must disagree.
bool guards_are_missed(const std::vector<Cell>& cells) {
  bool all = true;
  for (const campaign::GuardInfo& info : campaign::k_guards) {
    std::vector<Cell> its_cells = cells;
    keep_those_with(its_cells, info.cells);
    campaign::trust_idle_connections(info.guard == campaign::Guard::quiet);
    const std::vector<Problems> problems = play_all(its_cells, blocking_driver(info.guard));
    const auto noticed = std::count_if(problems.begin(), problems.end(),
                                       [](const Problems& one) { return !one.empty(); });
    std::printf("without %s: %ld of %zu cells disagree\n", std::string(info.name).c_str(),
                static_cast<long>(noticed), its_cells.size());
    all = all && noticed > 0;
  }
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<Cell> cells = all_cells();
  Driver driver = blocking_driver();
  for (const std::string_view word : std::vector<std::string_view>(argv + 1, argv + argc)) {
    if (word == "--guards") return guards_are_missed(cells) ? 0 : 1;
    if (word == "--async") {
      driver = async_driver();
    } else {
      keep_those_with(cells, word);
    }
  }
  return plays(cells, driver) ? 0 : 1;
}

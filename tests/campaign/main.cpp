// The campaign: POSTs, with and without a key, through a server of which more than a third of what
// it does goes wrong; then what redial says of them against what the server wrote down.
//
//     campaign [--requests N] [--seed S] [--driver blocking|async|both] [--without GUARD]
//     campaign --guards [--requests N] [--seed S]

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <redial/testing/fast_retries.hpp>

#include "guards.hpp"
#include "play.hpp"
#include "redial_client.hpp"

namespace {

using namespace campaign;

struct Arguments {
  std::uint32_t requests = 20'000;
  std::uint64_t seed = 1;
  std::string driver = "both";
  std::optional<Guard> without = std::nullopt;
  bool guards = false;
};

[[noreturn]] void usage(const std::string& problem) {
  std::fprintf(stderr,
               "campaign: %s\n"
               "campaign [--requests N] [--seed S] [--driver blocking|async|both] "
               "[--without GUARD] [--guards]\n",
               problem.c_str());
  std::exit(2);  // NOLINT(concurrency-mt-unsafe)
}

Arguments arguments_of(const std::vector<std::string>& words) {
  Arguments given;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--guards") {
      given.guards = true;
      continue;
    }
    if (i + 1 == words.size()) usage(word);
    const std::string& value = words[++i];
    if (word == "--requests") {
      given.requests = static_cast<std::uint32_t>(std::strtoul(value.c_str(), nullptr, 10));
    } else if (word == "--seed") {
      given.seed = std::strtoull(value.c_str(), nullptr, 10);
    } else if (word == "--driver") {
      given.driver = value;
    } else if (word == "--without") {
      const GuardInfo* const info = guard_of(value);
      if (info == nullptr) usage("no such guard: " + value);
      given.without = info->guard;
    } else {
      usage(word);
    }
  }
  if (given.requests == 0) usage("--requests");
  return given;
}

Tally played(const Arguments& given, const char* driver, std::optional<Guard> without) {
  const bool is_async = std::string_view(driver) == "async";
  trust_idle_connections(without == Guard::quiet);
  const auto start = std::chrono::steady_clock::now();
  Tally tally =
      play(given.requests, given.seed, is_async ? asynchronous(without) : blocking(without));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("%s, %u requests, seed %llu, %.1f s\n%s", driver, given.requests,
              static_cast<unsigned long long>(given.seed), took.count(), tally.text().c_str());
  std::fflush(stdout);
  return tally;
}

// What makes a run worth anything.
bool holds(const Tally& tally) {
  const bool is_faulty = tally.faulted * 10 >= tally.calls * 3;
  if (!is_faulty) std::printf("  ! less than 30 %% of the calls met a fault\n");
  return is_faulty && tally.violations() == 0;
}

// Each guard taken out must be missed, in the way that is expected.
bool guards_are_missed(const Arguments& given) {
  bool all = true;
  for (const GuardInfo& info : k_guards) {
    std::printf("without %s: ", std::string(info.name).c_str());
    const Tally tally = played(given, "blocking", info.guard);
    if (tally.count(info.expected) > 0) continue;
    all = false;
    std::printf("  ! nothing noticed: expected %s\n",
                std::string(to_string(info.expected)).c_str());
  }
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments given = arguments_of({argv + 1, argv + argc});
  const redial::testing::FastRetries fast;
  if (given.guards) return guards_are_missed(given) ? 0 : 1;
  bool good = true;
  for (const char* const driver : {"blocking", "async"}) {
    if (given.driver != "both" && given.driver != driver) continue;
    good = holds(played(given, driver, given.without)) && good;
  }
  std::printf(good ? "the campaign holds\n" : "the campaign does not hold\n");
  return good ? 0 : 1;
}

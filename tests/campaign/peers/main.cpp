// The campaign's traffic through other clients: what it comes to is in docs/campaign.md.
//
//     campaign_peers [--requests N] [--seed S] [--only PART OF A NAME]

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <redial/testing/fast_retries.hpp>

#include "campaign/play.hpp"
#include "campaign/redial_client.hpp"
#include "peers.hpp"

namespace {

using namespace campaign;
using redial::CallOutcome;

std::vector<Peer> all_peers() {
  return {
      {"redial", "its defaults", blocking()},
      {"redial, asynchronous", "its defaults", asynchronous()},
      {"libcurl", "its defaults", libcurl(1)},
      {"libcurl", "in a loop: 4 attempts, after an error, 429 or 5xx", libcurl(4)},
      {"curl", "--retry 3", curl_command({"--retry 3"})},
      {"curl", "--retry 3 --retry-all-errors", curl_command({"--retry 3", "--retry-all-errors"})},
      {"cpp-httplib", "its defaults, keep-alive", httplib(1)},
      {"cpp-httplib", "in the same loop", httplib(4)},
      {"requests", "its defaults", requests("none")},
      {"requests + Retry", "the article's policy", requests("default")},
      {"requests + Retry", "with POST in allowed_methods", requests("post")},
  };
}

std::string row(const Peer& peer, const Tally& tally) {
  const auto outcome = [&](CallOutcome which) {
    return static_cast<unsigned long long>(tally.outcomes[static_cast<std::size_t>(which)]);
  };
  const auto wrong = [&](Wrong which) {
    return static_cast<unsigned long long>(tally.count(which));
  };
  char text[400];
  std::snprintf(text, sizeof text, "| %s | %s | %llu | %llu | %llu | %llu | %llu | %llu | %llu |",
                peer.name.c_str(), peer.setting.c_str(), outcome(CallOutcome::ok),
                wrong(Wrong::duplicate) + wrong(Wrong::second_for_key), wrong(Wrong::no_effect),
                wrong(Wrong::foreign_answer), wrong(Wrong::lost), outcome(CallOutcome::in_doubt),
                static_cast<unsigned long long>(tally.missed_failed));
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  std::uint32_t requests = 5000;
  std::uint64_t seed = 1;
  std::string only;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string word = argv[i];
    if (word == "--requests")
      requests = static_cast<std::uint32_t>(std::strtoul(argv[i + 1], nullptr, 10));
    if (word == "--seed") seed = std::strtoull(argv[i + 1], nullptr, 10);
    if (word == "--only") only = argv[i + 1];
  }
  std::signal(SIGPIPE, SIG_IGN);  // NOLINT(cert-err33-c): cpp-httplib over TLS leaves it to us
  const redial::testing::FastRetries fast;
  std::vector<std::string> rows;
  for (const Peer& peer : all_peers()) {
    const std::string title = peer.name + ", " + peer.setting;
    if (title.find(only) == std::string::npos) continue;
    const auto start = std::chrono::steady_clock::now();
    const Tally tally = play(requests, seed, peer.make, false);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    std::printf("%s, %u requests, seed %llu, %.1f s\n%s", title.c_str(), requests,
                static_cast<unsigned long long>(seed), took.count(), tally.text().c_str());
    std::fflush(stdout);
    rows.push_back(row(peer, tally));
  }
  std::printf(
      "\n| client | how | success | acted twice | success, nothing happened | success, another "
      "answer | "
      "happened, told as a mere error | in doubt | not happened, failed |\n"
      "|---|---|---|---|---|---|---|---|---|\n");
  for (const std::string& one : rows) std::printf("%s\n", one.c_str());
}

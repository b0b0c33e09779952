#include "conformance/peers/table.hpp"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <exception>
#include <set>
#include <thread>

#include "conformance/faults/compare.hpp"
#include "conformance/faults/oracle.hpp"

namespace conformance {
namespace {

using redial::CallOutcome;
using redial::CallReport;
using redial::Evidence;
using redial::Resend;

constexpr std::size_t k_threads = 16;

// "http://host:port" of a URL.
std::string origin_of(const std::string& url) {
  return url.substr(0, url.find('/', url.find("://") + 3));
}

// The origin's word against the client's.
void compare_ledger(Compare& compare, const Row& row, const CallSpec& call,
                    const CallReport& report, const Verdict& verdict) {
  std::size_t read = 0;
  int acted = 0;
  std::set<std::string> keys;
  for (const auto& one : row.origin->requests()) {
    if (one.id != call.id) continue;
    ++read;
    acted += one.acted ? 1 : 0;
    if (one.method == "POST") keys.insert(one.key);
  }
  const auto arrived = std::count_if(verdict.happened.begin(), verdict.happened.end(),
                                     [](const Nature& nature) { return nature.read; });
  const bool post = call.method == "POST";
  const int sent_on = post && !call.keyed ? 1 : row.sends_on;
  compare.same("requests that the origin read", read, static_cast<std::size_t>(arrived * sent_on));
  if (!post) return;
  compare.holds(acted <= 1, "it happened " + std::to_string(acted) + " times");
  compare.holds(keys.size() <= 1, "the key changed between attempts");
  if (report.outcome == CallOutcome::ok)
    compare.holds(acted > 0, "reported as ok, and it never happened");
  const bool told = report.outcome == CallOutcome::ok || report.outcome == CallOutcome::in_doubt;
  if (acted > 0 && !told)
    compare.holds(report.resend != Resend::safe,
                  "it happened, and the report calls resending safe");
}

Table::Problems played(const Row& row, const std::string& method, bool reused) {
  static std::atomic<int> number{0};
  CallSpec call{.method = method.substr(0, method.find(' ')),
                .url = row.url,
                .id = "cell-" + std::to_string(++number)};
  call.keyed = method == "POST with key";
  call.expects = row.expects;
  call.max_body = row.max_body;
  if (method != "GET" && method != "HEAD")
    call.body = row.large_body ? std::string(1'000'000, 'x') : "pay";
  const CallSpec warm{.method = "GET",
                      .url = row.warm.empty() ? origin_of(row.url) + "/warm" : row.warm,
                      .id = "warm"};

  Compare compare;
  const Call client = blocking_driver()(row.client);
  if (reused) compare.same("the call before", client(warm).report.outcome, CallOutcome::ok);
  const Played played = client(call);
  const CallReport& report = played.report;
  const auto& natures = reused && !row.when_reused.empty() ? row.when_reused : row.natures;
  const Asked asked{.idempotent = call.method != "POST",
                    .keyed = call.keyed,
                    .expects = call.expects,
                    .post = call.method == "POST"};
  const Verdict verdict = judge(
      asked,
      [&](int attempt) {
        return Natures{natures[std::min(static_cast<std::size_t>(attempt), natures.size()) - 1]};
      },
      report.attempts);
  compare_report(compare, report, verdict);
  if (!report.attempts.empty())
    compare.same("the connection was reused", report.attempts[0].connection_reused, reused);
  if (played.answered && report.outcome == CallOutcome::ok && verdict.happened.back().content)
    compare.same("the body", played.body, *verdict.happened.back().content);
  if (row.origin != nullptr) compare_ledger(compare, row, call, report, verdict);
  if (row.warm != "-") compare.same("the call after", client(warm).report.outcome, CallOutcome::ok);
  if (!compare.problems.empty()) compare.problems.push_back(shown(report));
  return compare.problems;
}

Table::Problems tried(const std::function<Table::Problems()>& play) {
  try {
    return play();
  } catch (const std::exception& error) {
    return {std::string("could not be played: ") + error.what()};
  }
}

bool takes(Row::Methods methods, const std::string& method) {
  if (methods == Row::Methods::get) return method == "GET";
  if (method == "HEAD") return methods == Row::Methods::head;
  if (methods == Row::Methods::plain_post) return method == "POST";
  if (methods == Row::Methods::repeatable) return method != "POST";
  if (methods == Row::Methods::with_body) return method != "GET";
  return methods == Row::Methods::all;
}

}  // namespace

Table::Scenes Table::cells_of(const std::string& peer, const Row& row) {
  Scenes cells;
  for (const char* method : {"GET", "PUT", "POST", "POST with key", "HEAD"}) {
    if (!takes(row.methods, method)) continue;
    for (const bool reused : {false, true}) {
      if (reused && row.warm == "-") continue;
      cells.push_back(
          {peer + ", " + row.what + ", " + method + ", " + (reused ? "reused" : "fresh"),
           [row, method, reused] { return played(row, method, reused); }});
    }
  }
  return cells;
}

void Table::add(const std::string& peer, const Row& row) {
  for (auto& cell : cells_of(peer, row)) queues_.push_back({std::move(cell)});
}

void Table::add_one_by_one(const std::string& peer, const Rows& rows) {
  Scenes queue;
  for (const Row& row : rows)
    for (auto& cell : cells_of(peer, row)) queue.push_back(std::move(cell));
  queues_.push_back(std::move(queue));
}

void Table::add_one_by_one(Scenes scenes) {
  queues_.push_back(std::move(scenes));
}

std::size_t Table::play() {
  std::vector<std::vector<Problems>> problems(queues_.size());
  std::atomic<std::size_t> next{0};
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < k_threads; ++i) {
    threads.emplace_back([&] {
      for (std::size_t at = next++; at < queues_.size(); at = next++)
        for (const auto& cell : queues_[at]) problems[at].push_back(tried(cell.second));
    });
  }
  threads.clear();

  std::size_t count = 0;
  for (std::size_t at = 0; at < queues_.size(); ++at) {
    for (std::size_t i = 0; i < queues_[at].size(); ++i, ++count) {
      const Problems& found = problems[at][i];
      found.empty() ? ++passed_ : ++failed_;
      if (!found.empty()) std::printf("%s\n", queues_[at][i].first.c_str());
      for (const auto& problem : found) std::printf("  %s\n", problem.c_str());
    }
  }
  std::fflush(stdout);
  queues_.clear();
  return count;
}

}  // namespace conformance

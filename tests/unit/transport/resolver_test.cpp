#include "transport/wire/resolver.hpp"

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <future>
#include <mutex>
#include <set>

#include <gtest/gtest.h>
#include <netdb.h>

namespace {

using namespace redial;
using redial::wire::Addresses;
using redial::wire::Resolver;

// Look-ups of names that begin with "slow" wait here until the test lets theirs go. Never
// destroyed: abandoned threads outlive main.
class Gate {
 public:
  void enter(const std::string& host) {
    std::unique_lock lock(mutex_);
    inside_.insert(host);
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_.contains(host); });
    inside_.erase(host);
    changed_.notify_all();
  }
  void wait_for(const std::string& host) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, std::chrono::seconds(30), [&] { return inside_.contains(host); }))
      ADD_FAILURE() << host << " is not looked up";
  }
  void let_go(const std::string& host) {
    const std::lock_guard lock(mutex_);
    open_.insert(host);
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::string> inside_;
  std::set<std::string> open_;
};
Gate& gate() {
  static Gate& instance = *new Gate;
  return instance;
}

int look(const std::string& host, std::vector<std::string>& addresses) {
  if (host == "missing.test") return EAI_NONAME;
  if (host == "flaky.test") return EAI_AGAIN;
  if (host.starts_with("slow")) gate().enter(host);
  addresses = {"192.0.2.1", "2001:db8::1"};
  return 0;
}

WireOptions options(std::size_t threads = 4) {
  WireOptions made;
  made.lookup = look;
  made.resolver_threads = threads;
  return made;
}

// A look-up and where its answer arrives.
struct Asked {
  Asked(Resolver& resolver, const std::string& host)
      : ticket(resolver.look_up(host, [promise = promise](Addresses addresses) {
          promise->set_value(std::move(addresses));
        })) {}
  Addresses answer() const {
    auto future = promise->get_future();
    if (future.wait_for(std::chrono::seconds(30)) == std::future_status::ready) return future.get();
    ADD_FAILURE() << "no answer";
    return {};
  }
  std::shared_ptr<std::promise<Addresses>> promise = std::make_shared<std::promise<Addresses>>();
  Resolver::Ticket ticket;
};

Addresses find(Resolver& resolver, const std::string& host) {
  return Asked(resolver, host).answer();
}

TEST(Resolver, AddressesInTheOrderOfTheAnswer) {
  Resolver resolver(options());
  const auto found = find(resolver, "a.test");
  ASSERT_EQ(found.list.size(), 2U);
  EXPECT_EQ(found.list[0].to_string(), "192.0.2.1");
  EXPECT_TRUE(found.list[1].is_v6());
}

TEST(Resolver, NoSuchNameAndNoAnswerAreDifferentFaults) {
  Resolver resolver(options());
  EXPECT_EQ(find(resolver, "missing.test").fault, Fault::dns_not_found);
  const auto flaky = find(resolver, "flaky.test");
  EXPECT_EQ(flaky.fault, Fault::dns_failure);
  EXPECT_NE(flaky.detail.find("flaky.test"), std::string::npos);
}

TEST(Resolver, LiteralsAndGivenAddressesNeedNoLookUp) {
  WireOptions given = options();
  given.resolve["a.test:81"] = {"192.0.2.7"};
  const Resolver resolver(given);
  EXPECT_EQ(resolver.at_hand("127.0.0.1", 80)->list.at(0).to_string(), "127.0.0.1");
  EXPECT_EQ(resolver.at_hand("::1", 80)->list.at(0).to_string(), "::1");
  EXPECT_EQ(resolver.at_hand("a.test", 81)->list.at(0).to_string(), "192.0.2.7");
  EXPECT_FALSE(resolver.at_hand("a.test", 80).has_value());
  given.resolve["*:81"] = {"192.0.2.8"};
  const Resolver wild(given);
  EXPECT_EQ(wild.at_hand("a.test", 81)->list.at(0).to_string(), "192.0.2.7");
  EXPECT_EQ(wild.at_hand("b.test", 81)->list.at(0).to_string(), "192.0.2.8");
  EXPECT_FALSE(wild.at_hand("b.test", 80).has_value());
}

TEST(Resolver, AnAbandonedLookUpIsDroppedAndOthersGoOn) {
  const auto answered = std::make_shared<std::atomic<bool>>(false);
  {
    Resolver resolver(options(2));
    {
      const auto ticket =
          resolver.look_up("slow.test", [answered](const Addresses&) { *answered = true; });
      gate().wait_for("slow.test");
    }
    EXPECT_EQ(find(resolver, "a.test").list.size(), 2U) << "the other thread serves it";
  }  // the resolver goes while its thread still hangs
  gate().let_go("slow.test");
  EXPECT_FALSE(*answered);
}

// A look-up that waits in the gate, given up by whoever asked.
void hang(Resolver& resolver, const std::string& host) {
  const auto ticket = resolver.look_up(host, [](const Addresses&) {});
  gate().wait_for(host);
}

TEST(Resolver, NamesThatHangAndWereGivenUpKeepNobodyWaiting) {
  Resolver resolver(options(2));
  const std::vector<std::string> hanging{"slow-1.test", "slow-2.test", "slow-3.test"};
  for (const auto& host : hanging) hang(resolver, host);
  EXPECT_EQ(find(resolver, "a.test").list.size(), 2U);
  // Asked for again, it is still the one look-up that answers.
  const Asked again(resolver, hanging[0]);
  for (const auto& host : hanging) gate().let_go(host);
  EXPECT_EQ(again.answer().list.size(), 2U);
  EXPECT_EQ(find(resolver, "b.test").list.size(), 2U) << "threads beyond the usual have gone";
}

// Nobody has given up the names that hang: whoever stands behind them passes them by.
TEST(Resolver, NamesThatTakeLongKeepNobodyWaiting) {
  Resolver resolver(options(2));
  const Asked first(resolver, "slow-long-1.test");
  const Asked second(resolver, "slow-long-2.test");
  gate().wait_for("slow-long-1.test");
  gate().wait_for("slow-long-2.test");
  const Asked third(resolver, "good.test");
  resolver.pass_by_slow(std::chrono::hours(1));  // they have not taken so long
  resolver.pass_by_slow(Duration::zero());
  EXPECT_EQ(third.answer().list.size(), 2U);
  gate().let_go("slow-long-1.test");
  gate().let_go("slow-long-2.test");
  EXPECT_EQ(first.answer().list.size(), 2U);
  EXPECT_EQ(second.answer().list.size(), 2U);
}

TEST(Resolver, AThreadTakesOverAlsoWhenTheOthersWereGivenUpAfterItsNameWasAskedFor) {
  Resolver resolver(options(1));
  auto ticket = resolver.look_up("slow-4.test", [](const Addresses&) {});
  gate().wait_for("slow-4.test");
  const Asked next(resolver, "a.test");
  ticket = Resolver::Ticket();
  EXPECT_EQ(next.answer().list.size(), 2U);
  gate().let_go("slow-4.test");
}

std::ptrdiff_t threads_of_this_process() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/task"), {});
}

TEST(Resolver, ThreadsHaveABoundHoweverManyNamesHang) {
  constexpr int most = 1 + 64;
  Resolver resolver(options(1));
  const auto host = [](int i) { return "slow-many-" + std::to_string(i) + ".test"; };
  for (int i = 0; i < most; ++i) hang(resolver, host(i));
  const auto before = threads_of_this_process();
  const auto beyond = resolver.look_up(host(most), [](const Addresses&) {});
  const Asked last(resolver, "a.test");
  EXPECT_LE(threads_of_this_process(), before) << "none is begun for these";
  for (int i = 0; i <= most; ++i) gate().let_go(host(i));
  EXPECT_EQ(last.answer().list.size(), 2U);
}

}  // namespace

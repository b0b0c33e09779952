#include "transport/wire/resolver.hpp"

#include <condition_variable>
#include <future>
#include <mutex>

#include <gtest/gtest.h>
#include <netdb.h>

namespace {

using namespace redial;
using redial::wire::Addresses;
using redial::wire::Resolver;

// A look-up waits here until its test lets it go. Never destroyed: abandoned threads outlive main.
struct Gate {
  std::mutex mutex;
  std::condition_variable changed;
  int inside = 0;
  bool open = false;

  void wait_for_visitors(int count) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return inside >= count; });
  }
  void let_go() {
    const std::lock_guard lock(mutex);
    open = true;
    changed.notify_all();
  }
};
Gate& gate() {
  static Gate& instance = *new Gate;
  return instance;
}

int look(const std::string& host, std::vector<std::string>& addresses) {
  if (host == "missing.test") return EAI_NONAME;
  if (host == "flaky.test") return EAI_AGAIN;
  if (host == "slow.test") {
    std::unique_lock lock(gate().mutex);
    ++gate().inside;
    gate().changed.notify_all();
    gate().changed.wait(lock, [] { return gate().open; });
  }
  addresses = {"192.0.2.1", "2001:db8::1"};
  return 0;
}

WireOptions options(std::size_t threads = 4) {
  WireOptions made;
  made.lookup = look;
  made.resolver_threads = threads;
  return made;
}

Addresses find(Resolver& resolver, const std::string& host) {
  const auto found = std::make_shared<std::promise<Addresses>>();
  const auto ticket = resolver.look_up(
      host, [found](Addresses addresses) { found->set_value(std::move(addresses)); });
  return found->get_future().get();
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
}

TEST(Resolver, AnAbandonedLookUpIsDroppedAndOthersGoOn) {
  const auto answered = std::make_shared<std::atomic<bool>>(false);
  {
    Resolver resolver(options(2));
    {
      const auto ticket =
          resolver.look_up("slow.test", [answered](const Addresses&) { *answered = true; });
      gate().wait_for_visitors(1);
    }
    EXPECT_EQ(find(resolver, "a.test").list.size(), 2U) << "the other thread serves it";
  }  // the resolver goes while its thread still hangs
  gate().let_go();
  EXPECT_FALSE(*answered);
}

}  // namespace

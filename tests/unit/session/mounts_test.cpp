#include "session/mounts.hpp"

#include <stdexcept>

#include <gtest/gtest.h>

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::detail::Mounts;

int total_for(const Mounts& mounts, const char* url) {
  return mounts.find(Url(url)).policy->retry().total.number();
}

Adapter with_total(int total) {
  return {.max_retries = {.total = total}};
}

TEST(Mounts, TheLongestPrefixWinsInWhateverOrderTheyCame) {
  Mounts mounts;
  mounts.add("https://", with_total(1));
  mounts.add("https://a.test/v1/x", with_total(4));
  mounts.add("https://a.test", with_total(2));
  mounts.add("https://a.test/v1", with_total(5));
  EXPECT_EQ(total_for(mounts, "https://b.test/"), 1);
  EXPECT_EQ(total_for(mounts, "https://a.test/v2"), 2);
  EXPECT_EQ(total_for(mounts, "https://A.test/v1/y"), 5);
  EXPECT_EQ(total_for(mounts, "https://a.test/v1/x/z"), 4);
  EXPECT_EQ(total_for(mounts, "https://a.test.evil.test/v1"), 1);
  EXPECT_EQ(total_for(mounts, "http://a.test/"), 3) << "nothing is mounted: the defaults";
}

TEST(Mounts, TheSamePrefixAgainReplaces) {
  Mounts mounts;
  mounts.add("http://a.test", with_total(1));
  mounts.add("http://A.test:80/", with_total(2));
  EXPECT_EQ(total_for(mounts, "http://a.test/"), 2);
}

TEST(Mounts, NonsenseFailsAndNamesTheField) {
  Mounts mounts;
  const auto refused = [&](const char* prefix, const Adapter& adapter, const std::string& word) {
    try {
      mounts.add(prefix, adapter);
      FAIL() << word << " accepted";
    } catch (const std::invalid_argument& error) {
      EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
    }
  };
  refused("ftp://", {}, "ftp://");
  refused("http://a.test/?q", {}, "?q");
  refused("http://", with_total(-1), "Retry.total");
  refused("http://", {.timeouts = {.connect = 0s}}, "Timeouts.connect");
  refused("https://", {.tls = {.ca_file = "/nowhere"}}, "TlsOptions.ca_file");
  refused("https://", {.tls = {.cert_file = "/nowhere"}}, "TlsOptions.cert_file");
  refused("https://", {.tls = {.key_file = "/nowhere"}}, "TlsOptions.key_file");
}

TEST(Mounts, APoolOfItsOwnIsAWireOfItsOwn) {
  Mounts mounts;
  mounts.add("http://a.test", {.pool = PoolOptions{}});
  mounts.add("http://b.test", {});
  mounts.add("http://c.test", {});
  const auto transport = [&](const char* url) {
    return mounts.transport_of(mounts.find(Url(url)));
  };
  EXPECT_NE(transport("http://a.test"), transport("http://b.test"));
  EXPECT_EQ(transport("http://b.test"), transport("http://c.test"));
}

}  // namespace

#include "untold.hpp"

#include <gtest/gtest.h>

namespace {

using namespace redial::cli;

InFlight job(const char* id, const char* method) {
  return {.id = id, .method = method, .url = "http://a.test/x"};
}

TEST(Untold, NamesWhatMayHaveHappenedAndCountsWhatOnlyReads) {
  const InFlight get = job("g", "GET"), head = job("h", "HEAD"), options = job("o", "OPTIONS");
  const InFlight put = job("p", "PUT"), post = job("q", "POST");
  EXPECT_EQ(untold_text({}, false), "");
  EXPECT_EQ(untold_text({&get, &put, &head, &post, &options}, true),
            "redial: 5 jobs were in flight, or over, and have no result line; 3 of them only read; "
            "each of these may have happened:\n"
            "  p  PUT http://a.test/x\n"
            "  q  POST http://a.test/x\n");
  EXPECT_EQ(untold_text({&post}, false),
            "redial: 1 job was in flight and has no result line; this one may have happened:\n"
            "  q  POST http://a.test/x\n");
  EXPECT_EQ(untold_text({&get, &head}, false),
            "redial: 2 jobs were in flight and have no result line; by their methods they only "
            "read, so they may be sent again\n");
}

}  // namespace

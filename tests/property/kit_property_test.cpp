// The test kit's own grammar: what is written reads back, whatever the bytes.

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <redial/testing/cassette.hpp>
#include <redial/testing/match.hpp>

#include "testing/pairs.hpp"

namespace {

using namespace redial;
using redial::testing::Cassette;
using redial::testing::Interaction;
using redial::testing::Match;
using redial::testing::Scripted;

RC_GTEST_PROP(FormProperty, DecodingUndoesEncoding, (const Pairs& pairs)) {
  Pairs named = pairs;
  // An empty pair is written as "=", which reads as one.
  RC_ASSERT(redial::testing::form_decode(form_encode(named)) == named);
}

RC_GTEST_PROP(CassetteProperty, AnyBytesOfBodiesComeBack,
              (const std::string& sent, const std::string& received)) {
  const auto fault = static_cast<Fault>(*rc::gen::inRange(0, static_cast<int>(Fault::cancelled)));
  Interaction one{.method = "PUT",
                  .url = "http://a.test/",
                  .body = sent,
                  .outcome = Scripted::answer(*rc::gen::inRange(100, 1000), {}, received)};
  one.outcome.fault = fault;
  one.outcome.takes = std::chrono::microseconds(*rc::gen::inRange(0, 1'000'000'000));
  const Cassette again = Cassette::parse(Cassette{{one}}.text());
  RC_ASSERT(again.interactions.size() == 1U);
  const Interaction& read = again.interactions[0];
  RC_ASSERT(read.body == sent);
  RC_ASSERT(read.outcome.body == received);
  RC_ASSERT(read.outcome.status == one.outcome.status);
  RC_ASSERT(read.outcome.fault == fault);
  RC_ASSERT(read.outcome.takes == one.outcome.takes);
}

RC_GTEST_PROP(MatchProperty, ARouteMadeOfAUrlMatchesIt, ()) {
  const auto letters = rc::gen::nonEmpty(
      rc::gen::container<std::string>(rc::gen::elementOf(std::string("abcXYZ019-._~"))));
  const std::string path = "/" + *letters + "/" + *letters + "x";
  const std::string url = "http://a.test" + path;
  const redial::testing::SentRequest request{.method = "GET", .url = Url(url)};
  // Dot segments are resolved in the URL, not in a pattern.
  RC_PRE(request.url.path() == path);
  RC_ASSERT(Match("GET " + url).matches(request));
  RC_ASSERT(Match(path).matches(request));
  RC_ASSERT(!Match(path + "y").matches(request));
  RC_ASSERT(Match("/*/*").matches(request));
  RC_ASSERT(!Match("/*").matches(request));
}

}  // namespace

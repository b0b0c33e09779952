// Whatever servers do to a download, a file that is committed is one whole representation, byte for
// byte. The servers here lie about everything but one thing: a strong ETag and a digest are those
// of the bytes that they are sent with, or with which they are named.

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <redial/http/text.hpp>
#include <redial/redial.hpp>
#include <redial/testing/scripted_transport.hpp>

#include "http/hash.hpp"

namespace {

using namespace redial;
using redial::testing::Scripted;
using redial::testing::ScriptedTransport;
using redial::testing::SentRequest;

struct Version {
  std::string tag;
  std::string content;
};

// They differ everywhere, so that no mixture of two is one of them.
std::vector<Version> versions() {
  std::vector<Version> made;
  for (const char c : {'a', 'b'}) {
    const auto size = *rc::gen::element<std::size_t>(1, 7, 40, 41);
    made.push_back({.tag = std::string("\"") + c + "\"", .content = std::string(size, c)});
  }
  return made;
}

template <class T>
T one_of(std::vector<T> from) {
  return from[*rc::gen::inRange<std::size_t>(0, from.size())];
}

bool chance(int percent) {
  return *rc::gen::inRange(0, 100) < percent;
}

std::size_t upto(std::size_t most) {
  return *rc::gen::inRange<std::size_t>(0, most + 1);
}

std::string digest_of(const std::string& content) {
  detail::Hash hash("SHA256");
  hash.update(content);
  return "sha-256=:" + base64_encode(hash.finish()) + ":";
}

void describe(const Version& version, Headers& headers) {
  const int tag = *rc::gen::inRange(0, 20);
  if (tag < 17) headers.set("ETag", version.tag);
  if (tag == 17) headers.set("ETag", "W/\"same\"");
  if (tag == 18) {  // the same for all of them, and too young to be strong
    headers.set("Last-Modified", "Tue, 24 Nov 2026 08:00:00 GMT");
    headers.set("Date", "Tue, 24 Nov 2026 08:00:30 GMT");
  }
  if (chance(20)) headers.set("Repr-Digest", digest_of(version.content));
  if (chance(5)) headers.set("Accept-Ranges", one_of<std::string>({"none", "bytes"}));
  if (chance(3)) headers.set("Content-Type", "multipart/byteranges; boundary=x");
}

// A whole one, as far as it comes.
Scripted whole(const Version& version) {
  Scripted answer = Scripted::answer(200, {}, version.content);
  describe(version, answer.headers);
  if (chance(70)) answer.headers.set("Content-Length", std::to_string(version.content.size()));
  if (chance(60)) {
    answer.fault = one_of<Fault>({Fault::body_cut, Fault::idle_timeout});
    answer.body.resize(upto(version.content.size()));
  }
  return answer;
}

// Some part of one, described as something: the bytes stand where the field says, or the field
// makes no sense.
Scripted part(const SentRequest& request, const Version& version) {
  const std::size_t size = version.content.size();
  std::size_t first = upto(size - 1);
  if (const auto range = request.header("Range"); range && chance(85))
    first = std::min<std::size_t>(std::stoul(std::string(range->substr(6))), size - 1);
  const std::size_t last = chance(70) ? size - 1 : first + upto(size - 1 - first);
  Scripted answer = Scripted::answer(206, {}, version.content.substr(first, last - first + 1));
  describe(version, answer.headers);
  const std::string complete =
      one_of<std::string>({std::to_string(size), std::to_string(size), std::to_string(size), "*"});
  answer.headers.set("Content-Range", "bytes " + std::to_string(first) + "-" +
                                          std::to_string(last) + "/" + complete);
  if (chance(5)) answer.headers.erase("Content-Range");
  if (chance(5)) answer.headers.set("Content-Range", "bytes */" + std::to_string(size));
  if (chance(10)) answer.body += "more";
  if (chance(30)) {
    answer.fault = Fault::body_cut;
    answer.body.resize(upto(answer.body.size()));
  }
  return answer;
}

Scripted any_answer(const SentRequest& request, const std::vector<Version>& all) {
  const Version* chosen = &all[*rc::gen::inRange<std::size_t>(0, all.size())];
  for (const auto& one : all) {
    if (request.header("If-Range") == one.tag && chance(60)) chosen = &one;
  }
  const Version& version = *chosen;
  switch (*rc::gen::inRange(0, 10)) {
    case 0:
      return Scripted::answer(503);
    case 1:
      return Scripted::answer(416, {{"Content-Range", "bytes */3"}}, "no such range");
    case 2:
      return Scripted::failing(Fault::connect_refused);
    case 3:
      return whole(version);
    default:
      return request.header("Range") || chance(10) ? part(request, version) : whole(version);
  }
}

class Store final : public BodySink {
 public:
  void begin(const Response&) override { held.clear(); }
  void write(std::string_view piece) override { held += piece; }
  void commit() override { stored = held; }
  void abandon() noexcept override { held = "abandoned"; }
  bool can_continue() const noexcept override { return true; }
  std::string held;
  std::optional<std::string> stored;
};

RC_GTEST_PROP(Downloads, AreOneWholeRepresentationOrNothing, ()) {
  const auto all = versions();
  const auto transport = std::make_shared<ScriptedTransport>();
  transport->otherwise([&](const SentRequest& request) { return any_answer(request, all); });
  Session session;
  session.mount("http://", {.max_retries = Retry{.total = 8}, .transport = transport});
  Store store;
  const auto result = session.try_get("http://a.test/f", {.sink = &store});
  const bool ok = result && result->report().outcome == CallOutcome::ok;
  RC_ASSERT(ok == store.stored.has_value());
  bool resumed = false;
  for (const auto& attempt : (result ? result->report() : result.error().report()).attempts)
    resumed = resumed || attempt.resumed_at > 0;
  RC_CLASSIFY(ok && resumed, "ok and resumed");
  RC_CLASSIFY(ok && !resumed, "ok");
  if (!ok) return;
  RC_ASSERT(std::any_of(all.begin(), all.end(),
                        [&](const Version& one) { return one.content == store.stored; }));
}

}  // namespace

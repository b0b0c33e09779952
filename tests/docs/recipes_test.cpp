// What docs/recipes/ shows, run: the very code of the pages, against a script.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

// The assertions of the pages count, whatever the build.
#undef NDEBUG
#include <cassert>

#include "recipes.inc"

namespace {

using redial::Fault;
using redial::Session;
using redial::testing::ScriptedTransport;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::Le;

// A session that finds the script behind every https URL.
struct Scene {
  explicit Scene(redial::Retry retry = {}) {
    session.mount("https://", {.max_retries = retry, .transport = script});
  }
  std::vector<std::string> sent(const std::string& field) const {
    std::vector<std::string> values;
    for (const auto& request : script->requests())
      values.emplace_back(request.headers.get(field).value_or(""));
    return values;
  }
  std::shared_ptr<ScriptedTransport> script = std::make_shared<ScriptedTransport>();
  Session session;
};

TEST(TestingRecipe, ItsTestsPass) {
  using namespace page_recipes_testing;
  Session session;
  for (const auto test : {snippet_1, snippet_2, snippet_3, snippet_4, snippet_5, snippet_6})
    test(session, "");
}

TEST(PostOnceRecipe, TheKeyGoesWithEveryAttempt) {
  Scene scene;
  scene.script->then(Scripted::failing(Fault::reset)).then(Scripted::answer(201));
  page_recipes_post_once::snippet_0(scene.session, "");
  EXPECT_THAT(scene.sent("Idempotency-Key"),
              ElementsAre("order-4711-payment", "order-4711-payment"));
}

TEST(PostOnceRecipe, WithoutAKeyItIsSentOnceAndTheReportIsPrinted) {
  Scene scene;
  scene.script->then(Scripted::failing(Fault::reset));
  ::testing::internal::CaptureStderr();
  page_recipes_post_once::snippet_1(scene.session, "");
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), ::testing::HasSubstr("in_doubt"));
  EXPECT_EQ(scene.script->requests().size(), 1U);
}

TEST(RateLimitsRecipe, AHintThatDoesNotFitStopsAtOnce) {
  Scene scene;
  scene.script->then(Scripted::answer(429, {{"Retry-After", "60"}}));
  page_recipes_rate_limits::snippet_0(scene.session, "");
  EXPECT_EQ(scene.script->requests().size(), 1U);
  EXPECT_EQ(scene.script->clock().elapsed(), 0s);
}

TEST(RateLimitsRecipe, ThePauseIsSharedByTheCallsOfAHost) {
  Scene scene;
  scene.session.mount("https://api.example.com/",
                      {.max_retries = {.total = 0}, .transport = scene.script});
  scene.script->then(Scripted::answer(429, {{"Retry-After", "7"}})).then(Scripted::answer(200));
  EXPECT_EQ(scene.session.get("https://api.example.com/").status(), 429);
  EXPECT_EQ(scene.script->clock().elapsed(), 0s);
  EXPECT_EQ(scene.session.get("https://api.example.com/").status(), 200);
  EXPECT_GE(scene.script->clock().elapsed(), 7s) << "the second call was held back";
}

TEST(RateLimitsRecipe, AKnownLimitIsMounted) {
  Scene scene;
  page_recipes_rate_limits::snippet_1(scene.session, "");
}

TEST(RateLimitsRecipe, AHidden403IsRetried) {
  Scene scene;
  scene.script->then(Scripted::answer(403, {{"X-RateLimit-Remaining", "0"}}))
      .then(Scripted::answer(403, {{"X-RateLimit-Remaining", "7"}}));
  page_recipes_rate_limits::snippet_2(scene.session, "");
  EXPECT_EQ(scene.script->requests().size(), 2U) << "the second is an answer";
}

TEST(WebhookRecipe, SortsDeliveriesByWhatIsToBeDone) {
  using namespace page_recipes_webhook_sender;
  const auto outcome = [](const std::vector<Scripted>& attempts) {
    const auto script = std::make_shared<ScriptedTransport>();
    for (const auto& attempt : attempts) script->then(attempt);
    Session sender = make_sender();
    sender.mount("https://hooks.test/", {.max_retries = {.total = 2}, .transport = script});
    const Delivery delivery = deliver(sender, "https://hooks.test/x", "evt-1", "{}", "v1,sig");
    EXPECT_EQ(script->left(), 0U);
    for (const auto& request : script->requests()) {
      EXPECT_EQ(request.headers.get("Webhook-Id"), "evt-1");
      EXPECT_EQ(request.headers.get("Webhook-Signature"), "v1,sig");
    }
    return delivery;
  };
  const Scripted lost = Scripted::failing(Fault::reset);
  EXPECT_EQ(outcome({lost, Scripted::answer(503), Scripted::answer(204)}), Delivery::done);
  EXPECT_EQ(outcome({lost, lost, lost}), Delivery::again);
  EXPECT_EQ(outcome({Scripted::answer(410)}), Delivery::gone);
  EXPECT_EQ(outcome({Scripted::answer(400)}), Delivery::refused);
  EXPECT_EQ(outcome({Scripted::answer(302, {{"Location", "https://other.test/"}})}),
            Delivery::again);
}

TEST(QueueRecipe, EveryOutcomeHasItsPlace) {
  using namespace page_recipes_queue_worker;
  const auto verdict = [](const std::vector<Scripted>& attempts, bool stopped = false) {
    Scene scene;
    for (const auto& attempt : attempts) scene.script->then(attempt);
    std::stop_source source;
    if (stopped) source.request_stop();
    ::testing::internal::CaptureStderr();
    const Verdict given = handle(scene.session, {.id = "m-1", .body = "{}"}, source.get_token());
    ::testing::internal::GetCapturedStderr();
    EXPECT_EQ(scene.script->left(), 0U);
    for (const auto& key : scene.sent("Idempotency-Key")) EXPECT_EQ(key, "m-1");
    return given;
  };
  const Scripted lost = Scripted::failing(Fault::reset);
  EXPECT_EQ(verdict({lost, Scripted::answer(200)}), Verdict::acknowledge);
  EXPECT_EQ(verdict({Scripted::answer(429, {{"Retry-After", "60"}})}), Verdict::put_back);
  EXPECT_EQ(verdict({}, true), Verdict::put_back);
  EXPECT_EQ(verdict({lost, lost, lost, lost}), Verdict::put_back) << "under the same key";
  EXPECT_EQ(verdict({Scripted::answer(422)}), Verdict::dead_letter);
}

TEST(TokenRecipe, ARefusedTokenIsReplacedOnce) {
  using namespace page_recipes_token_refresh;
  Scene scene;
  int tokens = 0;
  scene.script->on("POST //login.example.com/oauth/token").answer_with([&](const auto&) {
    return Scripted::answer(200, {}, R"({"access_token": "t)" + std::to_string(++tokens) + "\"}");
  });
  scene.script->on("//api.test/").answer_with([&](const auto& request) {
    return Scripted::answer(request.headers.get("Authorization") == "Bearer t2" ? 200 : 401);
  });
  Tokens tokens_of(scene.session);
  EXPECT_EQ(authorised(scene.session, tokens_of, "POST", "https://api.test/", {}).status(), 200);
  EXPECT_EQ(authorised(scene.session, tokens_of, "GET", "https://api.test/", {}).status(), 200);
  EXPECT_EQ(tokens, 2) << "one at first, one for the refused one";
  EXPECT_EQ(tokens_of.after("t1"), "t2") << "another thread has replaced it already";
}

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(DownloadRecipe, TheFileIsThereWholeOrNotAtAll) {
  std::string folder = ::testing::TempDir() + "redial-recipe-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder);  // the page writes image.iso
  {
    Scene scene;
    scene.script->then(Scripted::cut_body(200, "half")).then(Scripted::answer(200, {}, "whole"));
    page_recipes_large_download::snippet_0(scene.session, "");
    EXPECT_EQ(content_of("image.iso"), "whole");
  }
  std::filesystem::remove("image.iso");
  {
    Scene scene({.total = 0});
    scene.script->then(Scripted::cut_body(200, "half"));
    EXPECT_THROW(page_recipes_large_download::snippet_0(scene.session, ""), redial::BodyError);
  }
  EXPECT_TRUE(std::filesystem::is_empty(".")) << "nothing is left of a failure";
  std::filesystem::current_path(before);
  std::filesystem::remove_all(folder);
}

TEST(LogsRecipe, TheSessionIsMade) {
  page_recipes_production_logs::snippet_0("");
}

}  // namespace

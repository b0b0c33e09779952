// What a user's program does, built by three projects in the ways that users link a library.
#include <cstdio>
#include <memory>

#include <redial/redial.hpp>

#ifdef CONSUMER_HAS_TEST_KIT
#include <redial/testing/scripted_transport.hpp>
#endif

int main() {
  redial::Session session;
  // Nobody listens on port 1: the real wire runs, and fails in a known way.
  session.mount("http://127.0.0.1:1/", redial::Adapter{.max_retries = redial::Retry{.total = 0}});
  const auto refused = session.try_get("http://127.0.0.1:1/");
  if (refused) return 1;
  std::puts(refused.error().what());
  // What a library throws is caught by its type on the other side.
  try {
    session.get("http://127.0.0.1:1/");
    return 3;
  } catch (const redial::ConnectError&) {
  }

#ifdef CONSUMER_HAS_TEST_KIT
  using redial::testing::Scripted;
  const auto transport = std::make_shared<redial::testing::ScriptedTransport>();
  transport->then(Scripted::answer(503)).then(Scripted::answer(200));
  redial::Session scripted;
  scripted.mount("http://", redial::Adapter{.transport = transport});
  const auto response = scripted.get("http://example.com/");
  if (response.status() != 200 || transport->requests().size() != 2) return 2;
#endif
  return 0;
}

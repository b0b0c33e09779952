// Bodies in pieces: one answer is read as fast as it is used, and passed on as the body of another
// request. Neither is ever in memory as a whole, and half of one never passes for all of it.

#include <iostream>

#include <redial/async.hpp>
#include <redial/async/streaming.hpp>
#include <redial/testing/fault_server.hpp>

using namespace std::chrono_literals;

redial::Task<std::size_t> copy(redial::AsyncSession& session, std::string from, std::string to) {
  redial::StreamedResponse source(session, redial::Request::get(from));
  redial::StreamedRequest target(session, redial::Request::put(to));
  std::size_t size = 0;
  while (auto piece = co_await source.next()) {
    size += piece->size();
    if (!co_await target.write(*std::move(piece))) break;  // it has answered already
  }
  const redial::Response stored = co_await target.finish();
  stored.raise_for_status();
  std::cout << source.report().text();
  co_return size;
}

int main() {
  using redial::testing::Reply;
  // The download breaks off in the middle: only the rest is asked for, and nobody notices.
  Reply whole{.headers = {{"ETag", "\"v1\""}}, .body = std::string(5'000'000, 'x'), .ranges = true};
  Reply cut = whole;
  cut.fault = Reply::Fault::cut_body;
  cut.cut_after = 2'000'000;
  redial::testing::FaultServer server;
  server.in_turn("GET /from", {cut, whole});
  server.on("PUT /to", Reply{.status = 201});

  redial::AsyncSession session;
  const std::size_t size = redial::sync_wait(copy(session, server.url("/from"), server.url("/to")));
  const std::size_t arrived = server.requests().back().body.size();
  std::cout << size << " bytes read, " << arrived << " written\n";
  return size == 5'000'000 && arrived == size ? 0 : 1;
}

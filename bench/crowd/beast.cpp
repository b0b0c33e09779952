#include <chrono>
#include <exception>
#include <memory>
#include <type_traits>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

#include "crowd/peers.hpp"

namespace crowd {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

using Plain = beast::tcp_stream;
using Tls = beast::ssl_stream<beast::tcp_stream>;

constexpr auto k_limit = std::chrono::seconds(k_limit_seconds);

struct Shared {
  Shared(const Target& of, Work& given) : target(of), work(given) {
    if (!target.tls) return;
    context.set_verify_mode(asio::ssl::verify_peer);
    context.load_verify_file(target.ca_file);
  }
  const Target& target;
  Work& work;
  asio::ssl::context context{asio::ssl::context::tls_client};
  asio::io_context io{1};
};

template <class Stream>
asio::awaitable<std::unique_ptr<Stream>> connected(Shared& shared) {
  tcp::resolver resolver(shared.io);
  const auto found =
      co_await resolver.async_resolve(shared.target.host, shared.target.port, asio::use_awaitable);
  std::unique_ptr<Stream> stream;
  if constexpr (std::is_same_v<Stream, Tls>) {
    stream = std::make_unique<Tls>(shared.io, shared.context);
    stream->set_verify_callback(asio::ssl::host_name_verification(shared.target.host));
  } else {
    stream = std::make_unique<Plain>(shared.io);
  }
  auto& lowest = beast::get_lowest_layer(*stream);
  lowest.expires_after(k_limit);
  co_await lowest.async_connect(found, asio::use_awaitable);
  lowest.socket().set_option(tcp::no_delay(true));
  if constexpr (std::is_same_v<Stream, Tls>) {
    co_await stream->async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
  }
  co_return stream;
}

template <class Stream>
asio::awaitable<void> run_lane(Shared& shared) {
  std::unique_ptr<Stream> stream;
  beast::flat_buffer buffer;
  for (std::size_t done = 0; shared.work.next(done); ++done) {
    if (!stream) stream = co_await connected<Stream>(shared);
    http::request<http::empty_body> request(http::verb::get, shared.target.path, 11);
    request.set(http::field::host, shared.target.host);
    request.set(http::field::user_agent, "crowd");
    request.set(http::field::accept, "*/*");
    beast::get_lowest_layer(*stream).expires_after(k_limit);
    co_await http::async_write(*stream, request, asio::use_awaitable);
    http::response<http::string_body> response;
    co_await http::async_read(*stream, buffer, response, asio::use_awaitable);
    expect_answer(static_cast<int>(response.result_int()), response.body().size());
    if (!response.keep_alive()) stream.reset();
  }
}

}  // namespace

void beast_coroutines(const Target& target, Work& work) {
  Shared shared(target, work);
  for (std::size_t i = 0; i < work.lanes(); ++i) {
    asio::co_spawn(shared.io, target.tls ? run_lane<Tls>(shared) : run_lane<Plain>(shared),
                   [](const std::exception_ptr& error) {
                     if (error) std::rethrow_exception(error);
                   });
  }
  shared.io.run();
}

}  // namespace crowd

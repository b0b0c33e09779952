#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <openssl/ssl.h>
#include <boost/asio/ip/tcp.hpp>

namespace redial {
inline namespace v0 {
namespace wire {

/// A connected socket, with TLS or without, read and written without blocking.
///
/// It counts, below TLS, the bytes that the kernel has accepted: the one number that says whether a
/// request can have left. That is why OpenSSL sits directly on the socket here, behind a BIO of
/// ours, and not behind a stream adaptor.
class Stream {
 public:
  enum class State { done, wants_read, wants_write, end, failed };
  struct Result {
    State state = State::done;
    std::size_t count = 0;
  };

  explicit Stream(boost::asio::ip::tcp::socket socket);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream();

  /// Before the first byte: TLS with the name (or address) that the certificate must be for. A
  /// second time, through a tunnel of an https proxy: TLS inside the first.
  void use_tls(SSL_CTX* context, const std::string& host, bool verify);
  Result handshake();
  Result read(char* into, std::size_t size);
  /// Over TLS: where an asynchronous read of `socket()` puts what comes, still sealed. `read` takes
  /// it from there before it looks at the socket.
  std::string& sealed() noexcept { return sealed_; }
  /// What an asynchronous read of `socket()` came to. Over TLS only its count is of use: `read`
  /// tells the rest.
  Result received(const boost::system::error_code& error, std::size_t count);
  /// May take fewer bytes than given.
  Result write(std::string_view bytes);
  /// Plain only: two pieces in one system call.
  Result write(std::string_view first, std::string_view second);
  /// For a connection that should be idle: nothing to read, and still open.
  bool is_quiet();
  /// Over TLS: the peer said that it has sent everything (close_notify).
  bool closed_cleanly() const noexcept;

  boost::asio::ip::tcp::socket& socket() noexcept { return socket_; }
  SSL* ssl() noexcept { return ssl_; }
  bool is_tls() const noexcept { return ssl_ != nullptr; }
  /// Bytes accepted by the kernel since the last `reset_sent`.
  std::uint64_t sent() const noexcept { return sent_; }
  void reset_sent() noexcept { sent_ = 0; }
  /// errno of the last failure, or 0.
  int os_error() const noexcept { return os_error_; }
  /// The last read failed because the peer sent a TLS alert.
  bool got_alert() const noexcept { return alert_; }
  const std::string& tls_error() const noexcept { return tls_error_; }

 private:
  friend struct SocketBio;
  Result tls_result(int code);
  Result socket_result(ssize_t count, State when_blocked);
  int take_sealed(char* into, int size);

  boost::asio::ip::tcp::socket socket_;
  int fd_;
  SSL* ssl_ = nullptr;
  SSL* outer_ = nullptr;  // to the proxy, around ssl_
  std::uint64_t sent_ = 0;
  int os_error_ = 0;
  std::string sealed_;
  std::size_t opened_ = 0;  // of sealed_, by OpenSSL
  int sealed_error_ = 0;    // what came after sealed_
  bool alert_ = false;
  std::string tls_error_;
};

}  // namespace wire
}  // namespace v0
}  // namespace redial

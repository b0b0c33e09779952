#include "transport/wire/stream.hpp"

#include <array>
#include <cerrno>
#include <new>

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <boost/asio/error.hpp>

namespace redial {
inline namespace v0 {
namespace wire {
namespace {

bool would_block(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

}  // namespace

// OpenSSL's door to the socket: counts what the kernel took, and never raises SIGPIPE.
struct SocketBio {
  static Stream& stream(BIO* bio) { return *static_cast<Stream*>(BIO_get_data(bio)); }

  static int write(BIO* bio, const char* bytes, int size) {
    Stream& self = stream(bio);
    BIO_clear_retry_flags(bio);
    const ssize_t count = ::send(self.fd_, bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (count >= 0) {
      self.sent_ += static_cast<std::uint64_t>(count);
    } else if (would_block(errno)) {
      BIO_set_retry_write(bio);
    } else {
      self.os_error_ = errno;
    }
    return static_cast<int>(count);
  }

  static int read(BIO* bio, char* into, int size) {
    Stream& self = stream(bio);
    BIO_clear_retry_flags(bio);
    if (!self.sealed_.empty()) return self.take_sealed(into, size);
    if (self.sealed_error_ != 0) {
      self.os_error_ = self.sealed_error_;
      return -1;
    }
    const ssize_t count = ::recv(self.fd_, into, static_cast<std::size_t>(size), 0);
    if (count < 0 && would_block(errno)) {
      BIO_set_retry_read(bio);
    } else if (count < 0) {
      self.os_error_ = errno;
    }
    return static_cast<int>(count);
  }

  static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

  static BIO_METHOD* method() {
    static BIO_METHOD* const instance = [] {
      BIO_METHOD* const made =
          BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "redial socket");
      if (made == nullptr) throw std::bad_alloc();
      BIO_meth_set_write(made, &SocketBio::write);
      BIO_meth_set_read(made, &SocketBio::read);
      BIO_meth_set_ctrl(made, &SocketBio::control);
      return made;
    }();
    return instance;
  }
};

Stream::Stream(boost::asio::ip::tcp::socket socket)
    : socket_(std::move(socket)), fd_(socket_.native_handle()) {
  boost::system::error_code ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
}

Stream::~Stream() {
  // A courtesy that costs nothing: the peer need not take our closing for a truncation. It must not
  // wait.
  if (ssl_ != nullptr && SSL_is_init_finished(ssl_) != 0 && os_error_ == 0 && !alert_)
    SSL_shutdown(ssl_);
  ERR_clear_error();
  SSL_free(ssl_);
  SSL_free(outer_);
}

void Stream::use_tls(SSL_CTX* context, const std::string& host, bool verify) {
  outer_ = ssl_;
  ssl_ = SSL_new(context);
  BIO* const bio =
      ssl_ == nullptr ? nullptr : BIO_new(outer_ == nullptr ? SocketBio::method() : BIO_f_ssl());
  if (bio == nullptr) throw std::bad_alloc();
  if (outer_ == nullptr) {
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
  } else {
    BIO_set_ssl(bio, outer_, BIO_NOCLOSE);
  }
  SSL_set_bio(ssl_, bio, bio);
  SSL_set_connect_state(ssl_);
  X509_VERIFY_PARAM* const expected = SSL_get0_param(ssl_);
  const bool is_address = X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str()) == 1;
  ERR_clear_error();
  if (!is_address) {
    SSL_set_tlsext_host_name(ssl_, host.c_str());  // RFC 6066 §3: names only
    X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (verify) X509_VERIFY_PARAM_set1_host(expected, host.c_str(), host.size());
  }
}

Stream::Result Stream::tls_result(int code) {
  if (code > 0) return {State::done, static_cast<std::size_t>(code)};
  switch (SSL_get_error(ssl_, code)) {
    case SSL_ERROR_WANT_READ:
      return {State::wants_read};
    case SSL_ERROR_WANT_WRITE:
      return {State::wants_write};
    case SSL_ERROR_ZERO_RETURN:
      return {State::end};
    default:
      break;
  }
  const unsigned long error = ERR_peek_last_error();
  const int reason = ERR_GET_REASON(error);
  if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING || (error == 0 && os_error_ == 0))
    return {State::end};
  alert_ = reason >= SSL_AD_REASON_OFFSET;
  if (const char* text = ERR_reason_error_string(error)) tls_error_ = text;
  return {State::failed};
}

Stream::Result Stream::handshake() {
  ERR_clear_error();
  return tls_result(SSL_do_handshake(ssl_));  // the caller reads the error queue
}

Stream::Result Stream::socket_result(ssize_t count, State when_blocked) {
  if (count >= 0) return {State::done, static_cast<std::size_t>(count)};
  if (would_block(errno)) return {when_blocked};
  os_error_ = errno;
  return {State::failed};
}

Stream::Result Stream::read(char* into, std::size_t size) {
  if (ssl_ == nullptr) {
    const Result result = socket_result(::recv(fd_, into, size, 0), State::wants_read);
    return result.state == State::done && result.count == 0 ? Result{State::end} : result;
  }
  ERR_clear_error();
  const Result result =
      tls_result(SSL_read(ssl_, into, static_cast<int>(std::min<std::size_t>(size, 1 << 30))));
  ERR_clear_error();
  return result;
}

Stream::Result Stream::received(const boost::system::error_code& error, std::size_t count) {
  if (!error) return {State::done, count};
  if (error == boost::asio::error::eof) return {State::end};  // the socket will say so again
  if (error == boost::asio::error::operation_aborted) return {State::wants_read};
  (ssl_ == nullptr ? os_error_ : sealed_error_) = error.value();  // it will not
  return {State::failed};
}

int Stream::take_sealed(char* into, int size) {
  const std::size_t count = sealed_.copy(into, static_cast<std::size_t>(size), opened_);
  opened_ += count;
  if (opened_ == sealed_.size()) {
    sealed_.clear();
    opened_ = 0;
  }
  return static_cast<int>(count);
}

Stream::Result Stream::write(std::string_view bytes) {
  if (ssl_ == nullptr) return write(bytes, {});
  ERR_clear_error();
  const Result result = tls_result(SSL_write(
      ssl_, bytes.data(), static_cast<int>(std::min<std::size_t>(bytes.size(), 1 << 30))));
  ERR_clear_error();
  return result;
}

Stream::Result Stream::write(std::string_view first, std::string_view second) {
  std::array<iovec, 2> pieces{{{const_cast<char*>(first.data()), first.size()},
                               {const_cast<char*>(second.data()), second.size()}}};
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = second.empty() ? 1 : 2;
  const Result result = socket_result(::sendmsg(fd_, &message, MSG_NOSIGNAL), State::wants_write);
  if (result.state == State::done) sent_ += result.count;
  return result;
}

bool Stream::is_quiet() {
  char byte = 0;
  if (ssl_ == nullptr) {
    const ssize_t count = ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  }
  // Session tickets are consumed here; data nobody asked for, close_notify and the end are not
  // quiet.
  ERR_clear_error();
  const int code = SSL_peek(ssl_, &byte, 1);
  const bool quiet = code <= 0 && SSL_get_error(ssl_, code) == SSL_ERROR_WANT_READ;
  ERR_clear_error();
  return quiet;
}

bool Stream::closed_cleanly() const noexcept {
  return ssl_ == nullptr || (SSL_get_shutdown(ssl_) & SSL_RECEIVED_SHUTDOWN) != 0;
}

}  // namespace wire
}  // namespace v0
}  // namespace redial

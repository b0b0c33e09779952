#include "testing/channel.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace redial {
inline namespace v0 {
namespace testing {
namespace {

// Reads until `done` says so. False when the peer ended.
template <class Done>
bool read_until(Channel& channel, std::string& buffer, Done done) {
  char piece[8192];
  while (!done()) {
    const long count = channel.read(piece, sizeof piece);
    if (count <= 0) return false;
    buffer.append(piece, static_cast<std::size_t>(count));
  }
  return true;
}

bool read_chunks(Channel& channel, std::string& buffer, RecordedRequest& request,
                 std::size_t most) {
  for (;;) {
    if (request.body.size() >= most) return false;
    std::size_t end = 0;
    if (!read_until(channel, buffer,
                    [&] { return (end = buffer.find("\r\n")) != std::string::npos; }))
      return false;
    const std::size_t size = std::strtoull(buffer.c_str(), nullptr, 16);
    buffer.erase(0, end + 2);
    if (!read_until(channel, buffer, [&] { return buffer.size() >= size + 2; })) return false;
    request.body.append(buffer, 0, size);
    buffer.erase(0, size + 2);
    if (size == 0) return true;
  }
}

}  // namespace

ServerContext make_server_context(const TestCertificate& certificate, int max_version) {
  ServerContext context(SSL_CTX_new(TLS_server_method()));
  BIO* const cert_bio = BIO_new_mem_buf(certificate.certificate.data(),
                                        static_cast<int>(certificate.certificate.size()));
  BIO* const key_bio =
      BIO_new_mem_buf(certificate.key.data(), static_cast<int>(certificate.key.size()));
  X509* const cert = PEM_read_bio_X509(cert_bio, nullptr, nullptr, nullptr);
  EVP_PKEY* const key = PEM_read_bio_PrivateKey(key_bio, nullptr, nullptr, nullptr);
  SSL_CTX_use_certificate(context.get(), cert);
  SSL_CTX_use_PrivateKey(context.get(), key);
  if (max_version == 12) SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
  if (max_version == 11) {
    SSL_CTX_set_security_level(context.get(), 0);  // OpenSSL would not speak it at all
    SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context.get(), TLS1_1_VERSION);
  }
  X509_free(cert);
  EVP_PKEY_free(key);
  BIO_free(cert_bio);
  BIO_free(key_bio);
  return context;
}

void demand_client_certificate(SSL_CTX* context, const TestAuthority& authority) {
  const std::string& text = authority.certificate();
  BIO* const bio = BIO_new_mem_buf(text.data(), static_cast<int>(text.size()));
  X509* const trusted = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  X509_STORE_add_cert(SSL_CTX_get_cert_store(context), trusted);
  X509_free(trusted);
  BIO_free(bio);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  const unsigned char name[] = "redial";  // sessions of verified clients need one
  SSL_CTX_set_session_id_context(context, name, sizeof name - 1);
}

TemporaryFile::TemporaryFile(const std::string& content) {
  char path[] = "/tmp/redial-test-XXXXXX";
  const int fd = mkstemp(path);
  if (fd >= 0) ::close(fd);
  path_ = path;
  std::ofstream(path_) << content;
}

TemporaryFile::~TemporaryFile() {
  unlink(path_.c_str());
}

Channel::Channel(int fd) : fd_(fd) {
  const int yes = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

Channel::~Channel() {
  if (ssl_ != nullptr) SSL_free(ssl_);
}

bool Channel::accept_tls(SSL_CTX* context) {
  ssl_ = SSL_new(context);
  SSL_set_fd(ssl_, fd_);
  const bool ok = SSL_accept(ssl_) == 1;
  ERR_clear_error();
  return ok;
}

void Channel::note_tls(RecordedRequest& request) const {
  if (ssl_ == nullptr) return;
  request.tls_resumed = SSL_session_reused(ssl_) == 1;
  if (const char* name = SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name))
    request.tls_name = name;
}

long Channel::read(char* into, std::size_t size) {
  if (ssl_ == nullptr) return ::recv(fd_, into, size, 0);
  const int count = SSL_read(ssl_, into, static_cast<int>(size));
  ERR_clear_error();
  return count;
}

bool Channel::read_first() const {
  char piece[16384];
  return ::recv(fd_, piece, sizeof piece, 0) > 0;
}

void Channel::await_bytes() const {
  char byte = 0;
  (void)::recv(fd_, &byte, 1, MSG_PEEK);
}

bool Channel::pause(std::chrono::milliseconds span) const {
  if (span.count() <= 0) return true;
  pollfd one{.fd = fd_, .events = 0, .revents = 0};
  return ::poll(&one, 1, static_cast<int>(span.count())) == 0;
}

void Channel::stall() const {
  pollfd one{.fd = fd_, .events = POLLRDHUP, .revents = 0};
  ::poll(&one, 1, -1);
}

void Channel::let_go() {
  shutdown(fd_, SHUT_WR);
  char piece[16384];
  while (::recv(fd_, piece, sizeof piece, 0) > 0) {
  }
}

bool Channel::has_pending() const {
  return ssl_ != nullptr && SSL_pending(ssl_) > 0;
}

bool Channel::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const long count = ssl_ == nullptr
                           ? ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL)
                           : SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
    ERR_clear_error();
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

void Channel::await_delivery() const {
  for (int i = 0; i < 1000; ++i) {
    int unacknowledged = 0;
    if (ioctl(fd_, SIOCOUTQ, &unacknowledged) != 0 || unacknowledged == 0) return;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
}

void Channel::say_goodbye() {
  if (ssl_ != nullptr) SSL_shutdown(ssl_);
  ERR_clear_error();
}

void Channel::reset() const {
  const linger now{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

std::optional<RecordedRequest> read_head(Channel& channel, std::string& buffer) {
  std::size_t end = std::string::npos;
  const bool whole = read_until(channel, buffer, [&] {
    end = buffer.find("\r\n\r\n");
    return end != std::string::npos;
  });
  if (!whole && buffer.empty()) return std::nullopt;
  RecordedRequest request;
  request.bytes = whole ? end + 4 : buffer.size();
  const std::string head = buffer.substr(0, end);
  buffer.erase(0, whole ? end + 4 : buffer.size());
  std::size_t line = head.find("\r\n");
  const std::string first = head.substr(0, line);
  const auto space = first.find(' ');
  request.method = first.substr(0, space);
  request.target = first.substr(space + 1, first.rfind(' ') - space - 1);
  while (line != std::string::npos) {
    const std::size_t begin = line + 2;
    line = head.find("\r\n", begin);
    const std::string field = head.substr(begin, line == std::string::npos ? line : line - begin);
    const auto colon = field.find(':');
    if (colon == std::string::npos) continue;
    const auto value = field.find_first_not_of(' ', colon + 1);
    request.headers.emplace_back(field.substr(0, colon),
                                 value == std::string::npos ? "" : field.substr(value));
  }
  request.complete = whole;
  return request;
}

bool read_body(Channel& channel, std::string& buffer, RecordedRequest& request, std::size_t most) {
  bool whole = false;
  if (iequals(request.header("Transfer-Encoding"), "chunked")) {
    whole = read_chunks(channel, buffer, request, most);
  } else {
    const std::string given = request.header("Content-Length");
    const std::size_t length = given.empty() ? 0 : std::strtoull(given.c_str(), nullptr, 10);
    const std::size_t wanted = std::min(length, most);
    read_until(channel, buffer, [&] { return buffer.size() >= wanted; });
    whole = wanted == length && buffer.size() >= length;
    request.body = buffer.substr(0, length);
    buffer.erase(0, request.body.size());
  }
  request.bytes += request.body.size();
  return whole;
}

}  // namespace testing
}  // namespace v0
}  // namespace redial

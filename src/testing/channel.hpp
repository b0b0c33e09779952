#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <openssl/ssl.h>

#include <redial/testing/fault_server.hpp>
#include <redial/testing/test_certificates.hpp>

namespace redial {
inline namespace v0 {
namespace testing {

// What the servers of the test kit share: blocking sockets, TLS, and reading a request.

bool same_name(std::string_view a, std::string_view b);

/// `port` 0: a free one. Throws std::system_error.
int listen_on_loopback(std::uint16_t port);
std::uint16_t port_of(int fd);

/// A SIGPIPE from OpenSSL's own socket BIO must not end the process: it is blocked on the servers'
/// threads.
void block_sigpipe();

struct FreeServerContext {
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};
using ServerContext = std::unique_ptr<SSL_CTX, FreeServerContext>;

/// `max_version`: 12, 13 or 0 for any.
ServerContext make_server_context(const TestCertificate& certificate, int max_version);

/// From now on only clients with a certificate of this authority get through.
void demand_client_certificate(SSL_CTX* context, const TestAuthority& authority);

/// A file in /tmp with `content`, until this goes.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& content);
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile();
  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

/// A blocking connection, TLS or not. It does not own the descriptor.
class Channel {
 public:
  explicit Channel(int fd);
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  ~Channel();

  bool accept_tls(SSL_CTX* context);
  /// Tells what TLS says about the connection.
  void note_tls(RecordedRequest& request) const;
  /// 0 or less: it ended.
  long read(char* into, std::size_t size);
  /// Bytes that `read` gives without waiting for the descriptor.
  bool has_pending() const;
  bool write(std::string_view bytes);
  void say_goodbye();
  /// Closing the descriptor resets the connection.
  void reset() const;
  int fd() const noexcept { return fd_; }

 private:
  int fd_;
  SSL* ssl_ = nullptr;
};

/// The next request's head, `complete` when it came whole; nullopt when nothing came. `buffer`
/// keeps what was read beyond it.
std::optional<RecordedRequest> read_head(Channel& channel, std::string& buffer);
/// Its body. False when it was cut.
bool read_body(Channel& channel, std::string& buffer, RecordedRequest& request);

}  // namespace testing
}  // namespace v0
}  // namespace redial

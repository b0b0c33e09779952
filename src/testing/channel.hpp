#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <openssl/ssl.h>

#include <redial/http/headers.hpp>
#include <redial/testing/fault_server.hpp>
#include <redial/testing/test_certificates.hpp>

namespace redial {
inline namespace v0 {
namespace testing {

// What the servers of the test kit share: blocking sockets, TLS, and reading a request.

struct FreeServerContext {
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};
using ServerContext = std::unique_ptr<SSL_CTX, FreeServerContext>;

/// `max_version`: 12 or 13, 11 for older ones only, 0 for any.
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
  /// The first bytes, as they come, TLS or not. False: the peer ended without any.
  bool read_first() const;
  /// Waits until something can be read; it stays unread.
  void await_bytes() const;
  /// Lets `span` pass. False: the connection is over at both ends.
  bool pause(std::chrono::milliseconds span) const;
  /// Does nothing until the peer hangs up.
  void stall() const;
  /// A FIN; what still comes is read and dropped, so that no reset overtakes what was written.
  void let_go();
  /// Bytes that `read` gives without waiting for the descriptor.
  bool has_pending() const;
  bool write(std::string_view bytes);
  /// Waits until the peer's kernel has everything that was written; a second at most.
  void await_delivery() const;
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
/// Its body, or at least the first `most` bytes of it. False when it is not whole then.
bool read_body(Channel& channel, std::string& buffer, RecordedRequest& request,
               std::size_t most = static_cast<std::size_t>(-1));

}  // namespace testing
}  // namespace v0
}  // namespace redial

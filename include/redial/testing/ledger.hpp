#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <redial/config.hpp>
#include <redial/testing/reply.hpp>

namespace redial {
inline namespace v0 {
namespace testing {

/// One line of the ledger of a fault server or proxy: a request as it was read, whether it had an
/// effect, and what was answered. Made at the moment of reading, before anything is answered: what
/// a client claims is judged by it.
struct REDIAL_EXPORT RecordedRequest {
  int number = 0;      ///< over the server's life, from 1
  int connection = 0;  ///< which connection carried it, from 1
  std::string method;
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  bool complete = false;     ///< head and body were read whole
  bool acted = false;        ///< it had an effect
  std::string tls_name;      ///< the name that the client asked for (SNI)
  bool tls_resumed = false;  ///< its connection's TLS session was resumed

  std::string id;           ///< its X-Request-Id (`FaultServer::Options::id_header`)
  std::string key;          ///< its idempotency key
  int on_connection = 0;    ///< 1 for the first on its connection
  std::uint64_t bytes = 0;  ///< of head and body that were read
  /// The status of what it is answered with, that of the first status line if that is raw bytes;
  /// 0: none is sent.
  int status = 0;
  Reply::Fault fault = Reply::Fault::none;  ///< how the answer goes wrong
  bool raw = false;       ///< the answer is bytes as they were given (`Reply::raw`)
  bool replayed = false;  ///< the answer is that of an earlier request's key

  std::string header(std::string_view name) const;
};

/// Method, target and body on a line or two, for people; secrets are not shown.
REDIAL_EXPORT std::string shown(const RecordedRequest& request);

}  // namespace testing
}  // namespace v0
}  // namespace redial

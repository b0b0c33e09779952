#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <redial/config.hpp>
#include <redial/http/headers.hpp>
#include <redial/http/redact.hpp>
#include <redial/http/url.hpp>
#include <redial/testing/fake_clock.hpp>
#include <redial/testing/scripted.hpp>
#include <redial/testing/scripted_transport.hpp>
#include <redial/transport/transport.hpp>

namespace redial {
inline namespace v0 {
namespace testing {

/// What never reaches a cassette. Values become ***, so that it may be committed.
///
/// Of Authorization and Proxy-Authorization the scheme stays, of cookies the names, of URLs all but
/// userinfo and the values of `query_names`. Names are compared without regard to case.
struct REDIAL_EXPORT Redaction {
  std::vector<std::string> headers = default_secret_header_names();
  std::vector<std::string> query_names = default_secret_query_names();
  /// Members of JSON bodies, at any depth, also of one a line; fields of forms; parts of multipart
  /// ones.
  std::vector<std::string> body_names = default_body_names();
  /// Has the last word on every body, after the names.
  std::function<std::string(std::string_view content_type, std::string body)> body = nullptr;

  /// token access_token refresh_token id_token auth_token session_token private_token client_secret
  /// api_key password secret.
  static const std::vector<std::string>& default_body_names();
};

/// A request and what one attempt to send it came to: an answer, or a failure with its evidence.
struct Interaction {
  std::string method;
  std::string url;  ///< redacted
  Headers headers = {};
  std::string body = {};
  Scripted outcome = {};
};

/// A cassette that makes no sense; `what` names the file and the field.
class REDIAL_EXPORT CassetteError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Recorded interactions, in the order in which they began. As a file: JSON, one format with a
/// version (docs/testing.md names every field); bodies that are not UTF-8 in base64.
///
/// Errors: CassetteError. Thread safety: a value.
struct REDIAL_EXPORT Cassette {
  std::vector<Interaction> interactions = {};

  /// `name` is what errors call it.
  static Cassette parse(std::string_view text, std::string_view name = "cassette");
  static Cassette load(const std::filesystem::path& file);
  std::string text() const;
  /// Replaces the file at once or not at all; makes the directories.
  void save(const std::filesystem::path& file) const;
};

/// Sends over another transport, and remembers every attempt, redacted.
///
/// The body of a request is recorded as it is sent, that of an answer as it is handed on: decoded.
/// Thread safety: safe.
class REDIAL_EXPORT RecordingTransport final : public Transport {
 public:
  explicit RecordingTransport(Redaction redaction = {});  // over a wire of its own
  explicit RecordingTransport(std::shared_ptr<Transport> over, Redaction redaction = {});
  RecordingTransport(const RecordingTransport&) = delete;
  RecordingTransport& operator=(const RecordingTransport&) = delete;
  ~RecordingTransport() override;

  /// What has ended so far.
  Cassette cassette() const;

  std::shared_ptr<EventLoop> lease() override;
  void start(EventLoop& loop, Exchange& exchange) override;
  void cancel(EventLoop& loop, Exchange& exchange) override;

 private:
  class Tap;
  struct State;
  std::shared_ptr<Transport> over_;
  std::shared_ptr<State> state_;
};

struct ReplayOptions {
  bool match_body = false;
  std::vector<std::string> match_headers = {};
  /// Every interaction once, in the order in which they were recorded; otherwise those of equal
  /// requests come in turn, and the last repeats.
  bool strict = false;
  /// As it was when recording: requests are redacted before they are compared.
  Redaction redaction = {};
};

/// A transport that answers from a cassette: offline, through the real engine, in virtual time.
/// Requests are compared by method and URL, and by what the options add.
REDIAL_EXPORT std::shared_ptr<ScriptedTransport> replay(
    const Cassette& cassette, ReplayOptions options = {},
    std::shared_ptr<FakeClock> clock = std::make_shared<FakeClock>());

}  // namespace testing
}  // namespace v0
}  // namespace redial

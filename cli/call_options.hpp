#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <redial/redial.hpp>

#include "cookie_options.hpp"
#include "form_options.hpp"
#include "log_options.hpp"
#include "named_input.hpp"
#include "netrc_options.hpp"

namespace CLI {
class App;
}

namespace redial::cli {

/// The flags of one call, as typed. curl's names with curl's meaning; what differs stands in
/// --help.
struct CallFlags {
  std::string verb;    ///< "GET", or empty for `redial request`
  std::string method;  ///< of `redial request METHOD URL`
  std::string url;
  // curl's
  std::string x_method;
  std::vector<std::string> headers;
  std::vector<std::string> data, data_binary, data_urlencode, json;
  bool get_with_data = false;
  std::string data_order;  ///< one letter an occurrence: d, b, u
  std::string user;
  bool digest = false;
  std::string unix_socket;
  std::optional<std::string> user_agent, referer;  ///< empty: the field is left out
  CookieFlags cookies;
  FormFlags form;
  NetrcFlags netrc;
  std::string output;
  bool remote_name = false, include_head = false, head_only = false;
  bool silent = false, show_error = false, verbose = false, no_buffer = false, no_progress = false;
  bool location = false, fail = false;
  bool insecure = false;
  std::string cacert, cert, key;
  std::optional<std::string> proxy, noproxy;
  std::string proxy_user;
  bool compressed = false;
  std::optional<double> max_time, connect_timeout;
  std::vector<std::string> resolve;
  std::string write_out;
  std::optional<std::string> max_filesize;
  std::optional<int> retry;
  // ours
  std::optional<double> backoff, backoff_max, attempt_timeout;
  std::string jitter, retry_on, retry_methods;
  std::string rate;
  std::optional<std::int64_t> burst;
  std::string idempotency_key;
  bool idempotent = false, no_redirect = false;
  std::string report;
  std::vector<std::string> redact;
  LogFlags log;
  std::string policy;  ///< FILE or FILE#NAME
};

// Their groups in --help, beside curl's.
inline constexpr const char* k_other = "Where curl means something else";
inline constexpr const char* k_ours = "redial's own";

/// Declares the flags on `app`, which fills `flags` when it parses.
void declare(CLI::App& app, CallFlags& flags);

/// "10k", "2M", "1G", in curl's units of 1024. Throws UsageError naming `flag`.
std::uint64_t size_of(const std::string& flag, std::string text);

/// The flags as the library takes them.
struct CallSetup {
  std::string method;
  std::string url;
  SessionOptions session;
  Adapter adapter;                                      ///< for http:// and https://
  std::vector<std::pair<std::string, Adapter>> routes;  ///< what a policy file says beside it
  RequestOptions options;
};

/// Throws UsageError naming the flag that makes no sense.
CallSetup make_setup(const CallFlags& flags);

/// The session that `setup` describes, with its mounts. Throws UsageError naming the option that
/// the library refuses.
Session make_session(CallSetup& setup);

}  // namespace redial::cli

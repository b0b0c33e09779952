#include "call_options.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fstream>

#include <arpa/inet.h>

#include <CLI/CLI.hpp>

#include <redial/observe/log.hpp>

#include "errors.hpp"
#include "http/content_codings.hpp"
#include "http/framing.hpp"
#include "session/policy_values.hpp"

namespace redial::cli {
namespace {

constexpr const char* k_other = "Where curl means something else";
constexpr const char* k_ours = "redial's own";

Duration seconds_of(const std::string& flag, double seconds) {
  if (!(seconds > 0) || seconds > 1e9)
    throw UsageError(flag + ": must be a positive number of seconds, at most 1e9");
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

std::vector<std::string> split(const std::string& list, char separator) {
  std::vector<std::string> parts;
  std::string part;
  for (std::istringstream stream(list); std::getline(stream, part, separator);) {
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

int number_of(const std::string& flag, const std::string& text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    throw UsageError(flag + ": not a number: " + text);
  return value;
}

[[noreturn]] void refuse_statuses(const std::string& flag, const std::string& part) {
  throw UsageError(flag + ": statuses are between 100 and 599: " + part);
}

// "429,500-504"
Statuses statuses_of(const std::string& flag, const std::string& list) {
  Statuses statuses;
  for (const auto& part : split(list, ',')) {
    const auto dash = part.find('-');
    const int first = number_of(flag, part.substr(0, dash));
    const int last = dash == std::string::npos ? first : number_of(flag, part.substr(dash + 1));
    if (first < 100 || last > 599 || first > last) refuse_statuses(flag, part);
    for (int code = first; code <= last; ++code) statuses.add(code);
  }
  return statuses;
}

Methods methods_of(const std::string& list) {
  if (list == "any") return Methods::any();
  const auto names = split(list, ',');
  try {
    return Methods(names.begin(), names.end());
  } catch (const std::invalid_argument& error) {
    throw UsageError(std::string("--retry-methods: ") + error.what());
  }
}

Jitter jitter_of(const std::string& kind) {
  if (kind == "none") return Jitter::none();
  if (kind == "full") return Jitter::full();
  if (kind == "equal") return Jitter::equal();
  if (kind == "decorrelated") return Jitter::decorrelated();
  throw UsageError("--jitter: one of none, full, equal, decorrelated, not " + kind);
}

void add_header_line(Headers& headers, std::vector<std::string>& unset, std::string line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.pop_back();
  if (line.empty()) return;
  const auto colon = line.find(':');
  if (colon == std::string::npos) {
    // curl: "Name;" sends the field empty.
    if (line.back() == ';') return headers.add(line.substr(0, line.size() - 1), "");
    // Not the line itself: it may be a secret that lost its name.
    throw UsageError("-H: expected 'Name: value', but a field of " + std::to_string(line.size()) +
                     " characters has no colon");
  }
  const std::string name = line.substr(0, colon);
  const auto start = line.find_first_not_of(" \t", colon + 1);
  if (start == std::string::npos) {
    unset.push_back(name);  // curl: "Name:" leaves the field out
  } else {
    if (detail::is_framing_field(name))
      throw UsageError("-H: " + name + " is made by redial, from the body");
    headers.add(name, line.substr(start));
  }
}

void add_headers(const CallFlags& flags, RequestOptions& options) {
  for (const auto& given : flags.headers) {
    if (given.empty() || given.front() != '@') {
      add_header_line(options.headers, options.unset_headers, given);
      continue;
    }
    for (const auto& line : split(read_named("-H", given.substr(1)), '\n')) {
      add_header_line(options.headers, options.unset_headers, line);
    }
  }
  const auto set = [&](const char* name, const std::optional<std::string>& value) {
    if (!value || options.headers.contains(name)) return;  // curl: a field given by -H counts
    if (value->empty()) return options.unset_headers.emplace_back(name), void();
    options.headers.set(name, *value);
  };
  set("User-Agent", flags.user_agent);
  set("Referer", flags.referer);
  // As curl: a coding is asked for, and undone, only when the user says so.
  options.decode_content = flags.compressed;
  if (flags.compressed && !options.headers.contains("Accept-Encoding"))
    options.headers.set("Accept-Encoding", detail::k_content_codings);
  if (!options.headers.contains("Accept-Encoding")) {
    options.unset_headers.emplace_back("Accept-Encoding");
  }
}

// As curl: a space is a plus.
std::string plus_encoded(const std::string& text) {
  std::string encoded = percent_encode(text);
  for (std::size_t at = 0; (at = encoded.find("%20", at)) != std::string::npos; ++at)
    encoded.replace(at, 3, "+");
  return encoded;
}

std::string urlencoded(const std::string& given) {
  const auto mark = given.find_first_of("=@");
  if (mark == std::string::npos) return plus_encoded(given);
  const std::string name = given.substr(0, mark);
  const std::string rest = given.substr(mark + 1);
  const std::string content = given[mark] == '@' ? read_named("--data-urlencode", rest) : rest;
  return name.empty() ? plus_encoded(content) : name + "=" + plus_encoded(content);
}

// -d takes the line ends out of a file, --data-binary leaves it alone.
std::string plain_data(const std::string& flag, const std::string& given, bool strip_lines) {
  if (given.empty() || given.front() != '@') return given;
  std::string content = read_named(flag, given.substr(1));
  if (strip_lines)
    std::erase_if(content, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
  return content;
}

std::string joined_data(const CallFlags& flags) {
  std::string joined;
  auto data = flags.data.begin();
  auto binary = flags.data_binary.begin();
  auto encoded = flags.data_urlencode.begin();
  for (std::size_t i = 0; i < flags.data_order.size(); ++i) {
    const char kind = flags.data_order[i];
    if (i > 0) joined += '&';
    if (kind == 'd') joined += plain_data("-d", *data++, true);
    if (kind == 'b') joined += plain_data("--data-binary", *binary++, false);
    if (kind == 'u') joined += urlencoded(*encoded++);
  }
  return joined;
}

void set_default(Headers& headers, const char* name, const char* value) {
  if (!headers.contains(name)) headers.set(name, value);
}

void add_body(const CallFlags& flags, CallSetup& setup) {
  const bool has_data =
      !flags.data.empty() || !flags.data_binary.empty() || !flags.data_urlencode.empty();
  if (has_data && !flags.json.empty())
    throw UsageError("--json: not together with -d and its kind");
  const bool has_form = !flags.form.given.empty();
  if (has_form && (has_data || !flags.json.empty()))
    throw UsageError("-F: not together with -d and its kind or --json");
  if (has_form && flags.get_with_data) throw UsageError("-F: not together with -G");
  if (has_form) setup.options.multipart = form_parts(flags.form);
  if (flags.get_with_data && !flags.json.empty()) throw UsageError("--json: not together with -G");
  if (!flags.json.empty()) {
    std::string content;
    for (const auto& given : flags.json) content += plain_data("--json", given, false);
    setup.options.body = Body::bytes(std::move(content));
    set_default(setup.options.headers, "Content-Type", "application/json");
    set_default(setup.options.headers, "Accept", "application/json");
  } else if (has_data && flags.get_with_data) {
    const std::string joined = joined_data(flags);
    const auto fragment = setup.url.find('#');
    std::string base = setup.url.substr(0, fragment);
    base += (base.find('?') == std::string::npos ? "?" : "&") + joined;
    setup.url = base + (fragment == std::string::npos ? "" : setup.url.substr(fragment));
  } else if (has_data) {
    const bool one_file = flags.data_binary.size() == 1 && flags.data.empty() &&
                          flags.data_urlencode.empty() && flags.data_binary[0].size() > 1 &&
                          flags.data_binary[0][0] == '@' && flags.data_binary[0] != "@-";
    try {
      setup.options.body =
          one_file ? Body::file(flags.data_binary[0].substr(1)) : Body::bytes(joined_data(flags));
    } catch (const std::system_error& error) {
      throw UsageError(std::string("--data-binary: ") + error.what());
    }
    set_default(setup.options.headers, "Content-Type", "application/x-www-form-urlencoded");
  }
}

std::string method_of(const CallFlags& flags) {
  std::string named = flags.verb.empty() ? flags.method : flags.verb;
  const auto same = [](const std::string& a, const std::string& b) { return iequals(a, b); };
  if (!flags.x_method.empty() && !same(flags.x_method, named)) {
    throw UsageError("-X " + flags.x_method + ": the command already says " + named +
                     "; use `redial request " + flags.x_method + " URL`");
  }
  const bool sends = !flags.get_with_data && (!flags.data.empty() || !flags.data_binary.empty() ||
                                              !flags.data_urlencode.empty() ||
                                              !flags.json.empty() || !flags.form.given.empty());
  if (sends && (same(named, "GET") || same(named, "HEAD")) && !flags.verb.empty()) {
    throw UsageError((flags.form.given.empty() ? "-d: a " : "-F: a ") + named +
                     " has no body; use `redial post`, or -G to put the data into the query");
  }
  if (flags.head_only) {
    if (!same(named, "GET") && !same(named, "HEAD"))
      throw UsageError("-I: not together with " + named);
    return "HEAD";
  }
  return named;
}

// The flags come on top of what the file says.
void read_policy_file(const CallFlags& flags, CallSetup& setup) {
  const auto [path, name] = policy_and_name(flags.policy);
  const PolicyFile file = load_policies(path);
  if (!name.empty()) {
    try {
      setup.adapter = file.adapter(name);
    } catch (const std::out_of_range& error) {
      throw UsageError(std::string("--policy: ") + error.what());
    }
    return;
  }
  if (!file.default_policy().empty()) setup.adapter = file.adapter(file.default_policy());
  for (const auto& route : file.routes())
    setup.routes.emplace_back(route.match, file.adapter(route.policy));
}

void change_adapter(const CallFlags& flags, Adapter& adapter) {
  Retry& retry = adapter.max_retries;
  if (flags.retry) retry.total = *flags.retry;
  if (flags.backoff)
    retry.backoff_factor =
        *flags.backoff == 0 ? Duration::zero() : seconds_of("--backoff", *flags.backoff);
  if (flags.backoff_max) retry.backoff_max = seconds_of("--backoff-max", *flags.backoff_max);
  if (!flags.jitter.empty()) retry.backoff_jitter = jitter_of(flags.jitter);
  if (!flags.retry_on.empty()) retry.status_forcelist = statuses_of("--retry-on", flags.retry_on);
  if (!flags.retry_methods.empty()) retry.allowed_methods = methods_of(flags.retry_methods);
  Timeouts& timeouts = adapter.timeouts;
  // As curl: 0 is no limit at all, or the default one.
  if (flags.max_time)
    timeouts.deadline =
        *flags.max_time == 0 ? k_unlimited : seconds_of("--max-time", *flags.max_time);
  if (flags.connect_timeout && *flags.connect_timeout != 0)
    timeouts.connect = seconds_of("--connect-timeout", *flags.connect_timeout);
  if (flags.attempt_timeout)
    timeouts.attempt = seconds_of("--attempt-timeout", *flags.attempt_timeout);
  TlsOptions& tls = adapter.tls;
  if (flags.insecure) tls.verify = false;
  if (!flags.cacert.empty()) tls.ca_file = flags.cacert;
  if (!flags.cert.empty()) tls.cert_file = flags.cert;
  if (!flags.cert.empty()) tls.key_file = flags.key;
}

// One limiter for every call, whichever policy rules it.
std::shared_ptr<Guard> rate_limiter_of(const CallFlags& flags) {
  if (flags.rate.empty()) {
    if (flags.burst) throw UsageError("--burst: needs --rate");
    return nullptr;
  }
  const auto rate = detail::parse_rate(flags.rate);
  if (!rate)
    throw UsageError("--rate: expected a number and a time, such as 200/s, 5/m or 1/10s, got '" +
                     flags.rate + "'");
  if (flags.burst && *flags.burst < 1) throw UsageError("--burst: must be at least 1");
  try {
    return std::make_shared<RateLimiter>(
        RateLimit{.rate = *rate, .burst = flags.burst.value_or(0)});
  } catch (const std::invalid_argument& error) {
    throw UsageError("--rate " + flags.rate + ": " + error.what());
  }
}

void add_policy(const CallFlags& flags, CallSetup& setup) {
  if (!flags.policy.empty()) read_policy_file(flags, setup);
  change_adapter(flags, setup.adapter);
  for (auto& [prefix, adapter] : setup.routes) change_adapter(flags, adapter);
  if (const auto limiter = rate_limiter_of(flags)) {
    setup.adapter.guard = limiter;
    for (auto& [prefix, adapter] : setup.routes) adapter.guard = limiter;
  }
  if (flags.idempotent) setup.options.idempotent = Idempotent::yes;
  if (flags.idempotency_key == "auto") {
    setup.options.idempotency_key = IdempotencyKey::automatic();
  } else if (!flags.idempotency_key.empty()) {
    setup.options.idempotency_key = IdempotencyKey(flags.idempotency_key);
  }
  if (flags.no_redirect) setup.options.follow_redirects = false;
  if (flags.max_filesize) setup.options.max_body = size_of("--max-filesize", *flags.max_filesize);
}

// host:port:address[,address…]
void add_resolve(const CallFlags& flags, SessionOptions& session) {
  for (const auto& given : flags.resolve) {
    const auto first = given.find(':');
    const auto second = first == std::string::npos ? first : given.find(':', first + 1);
    if (second == std::string::npos || second + 1 == given.size()) {
      throw UsageError("--resolve: expected host:port:address, got '" + given + "'");
    }
    std::string host = given.substr(0, second);
    std::transform(host.begin(), host.end(), host.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    auto addresses = split(given.substr(second + 1), ',');
    for (auto& address : addresses) {
      std::erase_if(address, [](char c) { return c == '[' || c == ']'; });
      in6_addr parsed{};
      if (inet_pton(AF_INET, address.c_str(), &parsed) != 1 &&
          inet_pton(AF_INET6, address.substr(0, address.find('%')).c_str(), &parsed) != 1)
        throw UsageError("--resolve: not an address: " + address);
    }
    session.wire.resolve[host] = std::move(addresses);
  }
}

void add_credentials(const CallFlags& flags, CallSetup& setup) {
  if (!flags.user.empty()) {
    const auto colon = flags.user.find(':');
    if (colon == std::string::npos) throw UsageError("-u: expected user:password");
    const std::string user = flags.user.substr(0, colon);
    const std::string password = flags.user.substr(colon + 1);
    const auto& unset = setup.options.unset_headers;
    const bool by_hand =  // as curl: -H counts
        setup.options.headers.contains("Authorization") ||
        std::any_of(unset.begin(), unset.end(),
                    [](const std::string& name) { return iequals(name, "Authorization"); });
    if (!by_hand)
      setup.options.auth =
          flags.digest ? Auth::digest(user, password) : Auth::basic(user, password);
  } else if (flags.digest) {
    throw UsageError("--digest: needs -u");
  }
  if (!flags.unix_socket.empty()) {
    if (flags.proxy || !flags.proxy_user.empty())
      throw UsageError("--unix-socket: not together with -x or -U");
    setup.adapter.unix_socket = flags.unix_socket;
    for (auto& [prefix, adapter] : setup.routes) adapter.unix_socket = flags.unix_socket;
  }
  if (!flags.key.empty() && flags.cert.empty()) throw UsageError("--key: needs --cert");
}

// curl: an http proxy without a port listens on 1080.
std::string with_port(std::string proxy) {
  if (proxy.find("://") == std::string::npos) proxy.insert(0, "http://");
  const auto begin = proxy.find("://") + 3;
  const auto end = std::min(proxy.find('/', begin), proxy.size());
  const auto mark = proxy.substr(begin, end - begin).find_last_of("@]:");
  const bool has_port = mark != std::string::npos && proxy[begin + mark] == ':';
  if (!has_port && proxy.starts_with("http://")) proxy.insert(end, ":1080");
  return proxy;
}

void add_proxy(const CallFlags& flags, SessionOptions& session) {
  Proxies& proxies = session.proxies;
  const Proxies environment = Proxies::from_environment();
  if (flags.proxy) {
    if (flags.proxy->starts_with("socks") && flags.proxy->find("://") != std::string::npos)
      throw UsageError("-x: SOCKS proxies are not supported; http:// and https:// are");
    proxies.set("all", flags.proxy->empty() ? "" : with_port(*flags.proxy));
    // As curl: the environment's exceptions are for this proxy too.
    const auto past = environment.entries().find("no_proxy");
    if (past != environment.entries().end()) proxies.set("no_proxy", past->second);
  } else if (!flags.proxy_user.empty()) {
    proxies = environment;
  }
  if (flags.noproxy) proxies.set("no_proxy", *flags.noproxy);
  if (flags.proxy_user.empty()) return;
  const auto colon = flags.proxy_user.find(':');
  if (colon == std::string::npos) throw UsageError("-U: expected user:password");
  proxies = proxies.with_credentials(flags.proxy_user.substr(0, colon),
                                     flags.proxy_user.substr(colon + 1));
}

template <class Values>
void repeatable(CLI::App& app, const char* name, Values& values, const char* text) {
  app.add_option(name, values, text)->allow_extra_args(false);
}

// In which order the kinds of data came: they are joined in it.
void note_order(const CLI::App& app, CallFlags& flags) {
  for (const CLI::Option* const option : app.parse_order()) {
    const std::string name = option->get_name();
    if (name == "--data") flags.data_order += 'd';
    if (name == "--data-binary") flags.data_order += 'b';
    if (name == "--data-urlencode") flags.data_order += 'u';
  }
}

}  // namespace

void declare(CLI::App& app, CallFlags& flags) {
  const char* const curl = "curl's flags, curl's meaning";
  app.add_option("-X,--request", flags.x_method, "must agree with the command")->group(curl);
  repeatable(app, "-H,--header", flags.headers, "field 'Name: value', or @file, @-");
  repeatable(app, "-d,--data", flags.data, "body, or @file, @-; several are joined by &");
  repeatable(app, "--data-binary", flags.data_binary, "as -d, files untouched");
  repeatable(app, "--data-urlencode", flags.data_urlencode,
             "as -d, encoded: content, name=content, name@file");
  repeatable(app, "--json", flags.json, "JSON body, or @file, @-");
  declare_form(app, flags.form, curl);
  app.add_flag("-G,--get", flags.get_with_data, "put the data into the query");
  app.add_option("-u,--user", flags.user, "user:password (Basic, or --digest)");
  app.add_flag("--digest", flags.digest,
               "log in by Digest: the password is not sent, never Basic instead");
  declare_netrc(app, flags.netrc, curl);
  app.add_option("-A,--user-agent", flags.user_agent, "User-Agent");
  app.add_option("-e,--referer", flags.referer, "Referer");
  declare_cookies(app, flags.cookies, curl);
  app.add_option("-o,--output", flags.output,
                 "write the body to a file: a sibling, renamed when whole");
  app.add_flag("-O,--remote-name", flags.remote_name, "as -o, named as the URL's last segment");
  app.add_flag("-i,--include", flags.include_head, "show the answer's head too");
  app.add_flag("-I,--head", flags.head_only, "HEAD, and show the head");
  app.add_flag("-s,--silent", flags.silent, "no messages");
  app.add_flag("--no-progress-meter", flags.no_progress, "no progress bar, messages all the same");
  app.add_flag("-S,--show-error", flags.show_error, "messages even with -s");
  app.add_flag("-v,--verbose", flags.verbose, "tell each attempt, and the last exchange's heads");
  app.add_flag("-N,--no-buffer", flags.no_buffer,
               "show the body while it arrives; a failure then is final");
  app.add_flag("-k,--insecure", flags.insecure, "accept any certificate, also an attacker's");
  app.add_option("--cacert", flags.cacert, "PEM file of trusted authorities");
  app.add_option("--cert", flags.cert, "PEM client certificate");
  app.add_option("--key", flags.key, "its PEM key");
  app.add_option("-x,--proxy", flags.proxy,
                 "[http[s]://][user:password@]host[:port]; '' for none [the environment's]");
  app.add_option("-U,--proxy-user", flags.proxy_user, "user:password for the proxy (Basic)");
  app.add_option("--noproxy", flags.noproxy, "hosts that no proxy is used for, or '*'");
  app.add_flag("--compressed", flags.compressed, "ask for gzip, deflate, br or zstd, and undo it");
  app.add_option("--unix-socket", flags.unix_socket,
                 "connect to this Unix domain socket instead of the URL's host");
  repeatable(app, "--resolve", flags.resolve, "host:port:address[,address]");
  app.add_option("-w,--write-out", flags.write_out,
                 "print after the call, e.g. '%{http_code}'; @file");
  app.add_flag("-L,--location", flags.location, "accepted: redirects are followed by default");
  app.add_flag("-f,--fail", flags.fail, "accepted: an error status is a failure by default");

  app.add_option("--max-filesize", flags.max_filesize,
                 "bytes of body after decoding (curl: as sent)")
      ->group(k_other);
  declare_policy(app, flags);
  app.add_option("--report", flags.report, "write what happened as JSON to a file, or - for stdout")
      ->group(k_ours);
  app.add_option("--redact", flags.redact,
                 "a header field or query parameter to show as ***, beside the usual ones")
      ->allow_extra_args(false)
      ->group(k_ours);
  declare_log(app, flags.log);

  for (CLI::Option* const option : app.get_options()) {
    if (option->get_items_expected_max() == 1) option->take_last();  // as curl
  }
  app.final_callback([&app, &flags] { note_order(app, flags); });
}

void declare_policy(CLI::App& app, CallFlags& flags) {
  app.add_option("--connect-timeout", flags.connect_timeout,
                 "seconds for look-up, TCP and TLS [5]");
  app.add_option(
         "-m,--max-time", flags.max_time,
         "seconds for the whole call, retries and waits included (curl: each transfer) [60]")
      ->group(k_other);
  app.add_option("--retry", flags.retry, "retries; N makes at most N+1 attempts [3] (curl: 0)")
      ->group(k_other);

  app.add_option("--policy", flags.policy,
                 "FILE of policies, chosen by the URL, or FILE#NAME; flags override it")
      ->group(k_ours);
  app.add_option("--backoff", flags.backoff, "first wait in seconds, doubling [0.5]")
      ->group(k_ours);
  app.add_option("--backoff-max", flags.backoff_max, "longest computed wait in seconds [20]")
      ->group(k_ours);
  app.add_option("--jitter", flags.jitter, "none, full, equal, decorrelated [full]")->group(k_ours);
  app.add_option("--retry-on", flags.retry_on,
                 "statuses, e.g. 429,500-504 [408,425,429,500,502,503,504]")
      ->group(k_ours);
  app.add_option("--retry-methods", flags.retry_methods,
                 "methods that may be repeated, or any [the idempotent ones]")
      ->group(k_ours);
  app.add_option("--rate", flags.rate, "attempts that may start at each host, 200/s, 5/m, 1/10s")
      ->group(k_ours);
  app.add_option("--burst", flags.burst, "of these, at once after a rest [a tenth of a second's]")
      ->group(k_ours);
  app.add_option("--attempt-timeout", flags.attempt_timeout, "seconds for one attempt [10]")
      ->group(k_ours);
  app.add_option("--idempotency-key", flags.idempotency_key,
                 "send this Idempotency-Key, or auto: the call may be repeated")
      ->group(k_ours);
  app.add_flag("--idempotent", flags.idempotent, "repeating this request is harmless")
      ->group(k_ours);
  app.add_flag("--no-redirect", flags.no_redirect, "return a redirect instead of following it")
      ->group(k_ours);
}

std::pair<std::string, std::string> policy_and_name(const std::string& given) {
  const auto mark = given.rfind('#');
  if (mark == std::string::npos || std::ifstream(given).is_open()) return {given, ""};
  if (mark + 1 == given.size())
    throw UsageError("--policy: " + given +
                     ": FILE#NAME without a name; FILE alone chooses by URL");
  return {given.substr(0, mark), given.substr(mark + 1)};
}

PolicyFile load_policies(const std::string& path) {
  try {
    return PolicyFile::load(path);
  } catch (const PolicyFileError& error) {
    throw UsageError(std::string("--policy: ") + error.what());
  }
}

std::uint64_t size_of(const std::string& flag, std::string text) {
  std::uint64_t unit = 1;
  const std::string_view suffixes = "kmg";
  if (!text.empty()) {
    const auto at =
        suffixes.find(static_cast<char>(std::tolower(static_cast<unsigned char>(text.back()))));
    if (at != std::string_view::npos) {
      unit = std::uint64_t{1} << (10 * (at + 1));
      text.pop_back();
    }
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() ||
      value > (std::uint64_t{1} << 50)) {
    throw UsageError(flag + ": not a size: " + text);
  }
  return value * unit;
}

CallSetup make_setup(const CallFlags& flags) {
  CallSetup setup;
  setup.method = method_of(flags);
  setup.url = flags.url;
  try {
    add_headers(flags, setup.options);
    setup.options.cookies = call_cookies(flags.cookies);
    add_body(flags, setup);
    setup.session.netrc = netrc_of(flags.netrc);
    add_policy(flags, setup);
    add_credentials(flags, setup);
    add_resolve(flags, setup.session);
    add_proxy(flags, setup.session);
    auto& names = setup.session.secret_query_names;
    names.insert(names.end(), flags.redact.begin(), flags.redact.end());
    setup.session.observer = make_log(flags.log);
  } catch (const std::invalid_argument& error) {
    throw UsageError(error.what());
  }
  return setup;
}

Session make_session(CallSetup& setup) {
  try {
    Session session(std::move(setup.session));
    session.mount("http://", setup.adapter);
    session.mount("https://", setup.adapter);
    for (auto& [prefix, adapter] : setup.routes) session.mount(prefix, std::move(adapter));
    return session;
  } catch (const std::invalid_argument& error) {
    throw UsageError(error.what());
  }
}

}  // namespace redial::cli

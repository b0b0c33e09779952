#include "policy_options.hpp"

#include <filesystem>
#include <fstream>
#include <limits>

#include <CLI/CLI.hpp>

#include "call_options.hpp"
#include "errors.hpp"
#include "http/is_among.hpp"
#include "session/blank_key.hpp"
#include "session/policy_values.hpp"
#include "split.hpp"

namespace redial::cli {
namespace {

Duration seconds_of(const std::string& flag, double seconds) {
  if (!(seconds > 0) || seconds > 1e9)
    throw UsageError(flag + ": must be a positive number of seconds, at most 1e9");
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

// A list that holds nothing would turn off what it was to choose.
std::vector<std::string> items_of(const char* flag, const std::string& list) {
  auto items = split(list, ',');
  if (items.empty()) throw UsageError(std::string(flag) + ": '" + list + "' is an empty list");
  return items;
}

// "429,500-504"
Statuses statuses_of(const std::string& list) {
  Statuses statuses;
  for (const auto& part : items_of("--retry-on", list)) {
    const auto range = detail::parse_statuses(part);
    if (!range)
      throw UsageError(
          "--retry-on: expected statuses between 100 and 599 and ranges of them, such as "
          "429,500-504, got '" +
          part + "'");
    for (const int code : range->codes()) statuses.add(code);
  }
  return statuses;
}

Methods methods_of(const std::string& list) {
  if (iequals(list, "any")) return Methods::any();
  const auto names = items_of("--retry-methods", list);
  if (detail::is_among(names, "any")) throw UsageError("--retry-methods: any stands alone");
  try {
    return Methods(names.begin(), names.end());
  } catch (const std::invalid_argument& error) {
    throw UsageError(std::string("--retry-methods: ") + error.what());
  }
}

Jitter jitter_of(const std::string& kind) {
  if (const auto jitter = detail::parse_jitter(kind)) return *jitter;
  throw UsageError(
      "--jitter: one of none, full, equal, decorrelated, additive(250ms), "
      "within_cap(250ms), not " +
      kind);
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
  if (!flags.retry_on.empty()) retry.status_forcelist = statuses_of(flags.retry_on);
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

// What curl takes and this does not must not be told as a file that is missing: it may hold a
// password.
void check_files(const CallFlags& flags) {
  std::error_code ignored;
  if (std::filesystem::is_directory(flags.cacert, ignored))
    throw UsageError("--cacert: " + flags.cacert + " is a directory; name a PEM file");
  if (flags.cert.find(':') != std::string::npos && !std::filesystem::exists(flags.cert, ignored))
    throw UsageError(
        "--cert: there is no such file, and curl's FILE:PASSWORD is not supported: keep the key "
        "without a password, readable by you alone");
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

}  // namespace

void add_policy(const CallFlags& flags, CallSetup& setup) {
  if (!flags.policy.empty()) read_policy_file(flags, setup);
  check_files(flags);
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
    if (detail::is_blank_key(flags.idempotency_key))
      throw UsageError("--idempotency-key: is blank; auto makes a random one");
    setup.options.idempotency_key = IdempotencyKey(flags.idempotency_key);
  }
  if (flags.no_redirect) setup.options.follow_redirects = false;
  if (flags.max_filesize) {
    const std::uint64_t most = size_of("--max-filesize", *flags.max_filesize);
    // As curl: 0 is no limit at all.
    setup.options.max_body = most == 0 ? std::numeric_limits<std::uint64_t>::max() : most;
  }
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
  app.add_option("--jitter", flags.jitter,
                 "none, full, equal, decorrelated, additive(250ms), within_cap(250ms) [full]")
      ->group(k_ours);
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

}  // namespace redial::cli

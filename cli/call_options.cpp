#include "call_options.hpp"

#include <algorithm>
#include <charconv>

#include <CLI/CLI.hpp>

#include <redial/observe/log.hpp>

#include "data_options.hpp"
#include "errors.hpp"
#include "http/content_codings.hpp"
#include "http/framing.hpp"
#include "http/lower.hpp"
#include "network_options.hpp"
#include "policy_options.hpp"
#include "split.hpp"

namespace redial::cli {
namespace {

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
  // As curl: a field that is given stays, whatever leaves it out beside it.
  std::erase_if(options.unset_headers,
                [&](const std::string& name) { return options.headers.contains(name); });
  const auto set = [&](const char* name, const std::optional<std::string>& value) {
    if (!value || options.headers.contains(name)) return;  // curl: a field given by -H counts
    if (value->empty()) return options.unset_headers.emplace_back(name), void();
    options.headers.set(name, *value);
  };
  if (flags.referer && flags.referer->ends_with(";auto"))
    throw UsageError("-e: ;auto (a Referer of its own for each redirect) is not supported");
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

template <class Values>
void repeatable(CLI::App& app, const char* name, Values& values, const char* text) {
  app.add_option(name, values, text)->allow_extra_args(false);
}

}  // namespace

void declare(CLI::App& app, CallFlags& flags) {
  const char* const curl = "curl's flags, curl's meaning";
  const std::string usual_group = app.option_defaults()->get_group();
  app.option_defaults()->group(curl);
  app.add_option("-X,--request", flags.x_method, "must agree with the command");
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
  app.option_defaults()->group(usual_group);

  for (CLI::Option* const option : app.get_options()) {
    if (option->get_items_expected_max() == 1) option->take_last();  // as curl
  }
  app.final_callback([&app, &flags] { note_order(app, flags); });
}

std::uint64_t size_of(const std::string& flag, std::string text) {
  const std::string given = text;
  std::uint64_t unit = 1;
  const std::string_view suffixes = "kmg";
  if (!text.empty()) {
    const auto at = suffixes.find(detail::lower(text.back()));
    if (at != std::string_view::npos) {
      unit = std::uint64_t{1} << (10 * (at + 1));
      text.pop_back();
    }
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() ||
      value > (std::uint64_t{1} << 50)) {
    throw UsageError(flag + ": not a size: " + given);
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

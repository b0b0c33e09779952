#include "data_options.hpp"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "call_options.hpp"
#include "collected_body.hpp"
#include "errors.hpp"

namespace redial::cli {
namespace {

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

// -d takes the line ends out of a file, --data-binary and --json leave it alone.
std::string plain_data(const std::string& flag, const std::string& given) {
  if (given.empty() || given.front() != '@') return given;
  return without_line_ends(read_named(flag, given.substr(1)));
}

void append_data(CollectedBody& body, const std::string& flag, const std::string& given) {
  if (given.empty() || given.front() != '@') return body.append(given);
  body.append_named(flag, given.substr(1));
}

void append_data(std::string& text, const std::string& flag, const std::string& given) {
  text += given.empty() || given.front() != '@' ? given : read_named(flag, given.substr(1));
}

// Each piece in the order typed.
template <class Output>
void join_data(const CallFlags& flags, Output& output) {
  auto data = flags.data.begin();
  auto binary = flags.data_binary.begin();
  auto encoded = flags.data_urlencode.begin();
  for (std::size_t i = 0; i < flags.data_order.size(); ++i) {
    const char kind = flags.data_order[i];
    if (i > 0) output.append("&");
    if (kind == 'd') output.append(plain_data("-d", *data++));
    if (kind == 'b') append_data(output, "--data-binary", *binary++);
    if (kind == 'u') output.append(urlencoded(*encoded++));
  }
}

// Into the query, as curl: no empty data, and no & behind a ? or another &.
std::string with_query(const std::string& url, const std::string& data) {
  const auto fragment = std::min(url.find('#'), url.size());
  std::string base = url.substr(0, fragment);
  const auto query = base.find('?');
  if (query == std::string::npos) {
    base += data.empty() ? "" : "?";
  } else if (query + 1 < base.size() && base.back() != '&') {
    base += '&';
  }
  return base + data + url.substr(fragment);
}

void set_default(Headers& headers, const char* name, const char* value) {
  if (!headers.contains(name)) headers.set(name, value);
}

}  // namespace

std::string without_line_ends(std::string text) {
  std::erase_if(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
  return text;
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
    CollectedBody body;
    for (const auto& given : flags.json) append_data(body, "--json", given);
    setup.options.body = body.take();
    set_default(setup.options.headers, "Content-Type", "application/json");
    set_default(setup.options.headers, "Accept", "application/json");
  } else if (has_data && flags.get_with_data) {
    std::string data;
    join_data(flags, data);
    setup.url = with_query(setup.url, data);
  } else if (has_data) {
    const bool one_file = flags.data_binary.size() == 1 && flags.data.empty() &&
                          flags.data_urlencode.empty() && flags.data_binary[0].starts_with('@');
    if (one_file) {
      setup.options.body = named_body("--data-binary", flags.data_binary[0].substr(1));
    } else {
      CollectedBody body;
      join_data(flags, body);
      setup.options.body = body.take();
    }
    set_default(setup.options.headers, "Content-Type", "application/x-www-form-urlencoded");
  }
}

void note_order(const CLI::App& app, CallFlags& flags) {
  for (const CLI::Option* const option : app.parse_order()) {
    const std::string name = option->get_name();
    if (name == "--data") flags.data_order += 'd';
    if (name == "--data-binary") flags.data_order += 'b';
    if (name == "--data-urlencode") flags.data_order += 'u';
  }
}

}  // namespace redial::cli

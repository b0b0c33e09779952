#include "data_options.hpp"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "call_options.hpp"
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

}  // namespace

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

void note_order(const CLI::App& app, CallFlags& flags) {
  for (const CLI::Option* const option : app.parse_order()) {
    const std::string name = option->get_name();
    if (name == "--data") flags.data_order += 'd';
    if (name == "--data-binary") flags.data_order += 'b';
    if (name == "--data-urlencode") flags.data_order += 'u';
  }
}

}  // namespace redial::cli

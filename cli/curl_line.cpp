#include "curl_line.hpp"

#include <algorithm>
#include <stdexcept>

#include <redial/http/request.hpp>

#include "shell_quoted.hpp"

namespace redial::cli {
namespace {

// On a terminal it is shown as it is.
bool is_plain(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte < 0x7F;
  });
}

}  // namespace

std::string curl_line(const Example& example) {
  // A text that was cut is another call.
  if (example.url.size() > RunStats::k_text || example.key.size() > RunStats::k_text) return {};
  try {
    const Request request(example.method, example.url);  // refuses what is no method, no http URL
    if (!is_plain(example.url) || !is_plain(example.key)) return {};
    std::string line = "curl -g -i";  // -g: brackets and braces are the URL's own
    if (request.method == "HEAD") {
      line = "curl -g -I";
    } else if (request.method != "GET") {
      line += " -X " + shell_quoted(request.method);
    }
    if (!example.key.empty()) line += " -H " + shell_quoted("Idempotency-Key: " + example.key);
    return line + " " + shell_quoted(example.url);
  } catch (const std::exception&) {
    return {};
  }
}

std::string curl_caution(const Example& example) {
  std::string text;
  const auto add = [&text](const char* more) {
    text.append(text.empty() ? "" : "; ").append(more);
  };
  if (example.resend != "safe") add("it may act again");
  if (example.method != "GET" && example.method != "HEAD" && example.line > 0)
    add("its body and fields are in the jobs file");
  if (example.url.find("***") != std::string::npos) add("*** stands for a secret");
  return text;
}

}  // namespace redial::cli

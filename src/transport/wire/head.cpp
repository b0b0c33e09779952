#include "transport/wire/head.hpp"

#include <algorithm>

#include <redial/http/headers.hpp>
#include <redial/http/text.hpp>

namespace redial {
inline namespace v0 {
namespace wire {
namespace {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Takes the next line, without its end, off `rest`.
std::string_view take_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

struct Framing {
  std::optional<std::string> length;
  bool chunked = false;
};

std::optional<std::string> note_length(std::string_view value, Framing& framing) {
  while (true) {  // a list of identical values is one value
    const auto comma = value.find(',');
    const auto one = trim_ows(value.substr(0, comma));
    if (one.empty() || !std::all_of(one.begin(), one.end(), is_digit))
      return "a Content-Length that is no number";
    if (framing.length && *framing.length != one) return "two Content-Lengths that differ";
    framing.length = std::string(one);
    if (comma == std::string_view::npos) return std::nullopt;
    value.remove_prefix(comma + 1);
  }
}

std::optional<std::string> read_status_line(std::string_view line, NormalHead& head) {
  if (line.substr(0, 9) != "HTTP/1.1 " && line.substr(0, 9) != "HTTP/1.0 ") {
    return line.substr(0, 5) == "HTTP/" ? "an HTTP version other than 1.0 and 1.1"
                                        : "an answer that is not HTTP";
  }
  const auto code = line.substr(9, 3);
  const bool three_digits = code.size() == 3 && std::all_of(code.begin(), code.end(), is_digit);
  if (!three_digits || code[0] < '1' || code[0] > '5' || (line.size() > 12 && line[12] != ' ')) {
    return "a status code that is not between 100 and 599";
  }
  head.status = (code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0');
  head.text.append(line.substr(0, 12)).append(" ");
  if (line.size() > 13) head.text.append(line.substr(13));
  head.text.append("\r\n");
  return std::nullopt;
}

}  // namespace

std::size_t end_of_head(std::string_view bytes, std::size_t from) noexcept {
  // The blank line may have begun up to two bytes before what is new.
  std::size_t at = from < 2 ? 0 : from - 2;
  while ((at = bytes.find('\n', at)) != std::string_view::npos) {
    ++at;
    if (at < bytes.size() && bytes[at] == '\n') return at + 1;
    if (at + 1 < bytes.size() && bytes[at] == '\r' && bytes[at + 1] == '\n') return at + 2;
  }
  return std::string_view::npos;
}

NormalHead normalise_head(std::string_view raw) {
  NormalHead head;
  head.text.reserve(raw.size() + 8);
  std::string_view rest = raw;
  head.error = read_status_line(take_line(rest), head);
  if (head.error) return head;
  Framing framing;
  bool frames = false;  // the line before decided framing: it must not go on in a fold
  while (!rest.empty()) {
    const std::string_view line = take_line(rest);
    if (line.empty()) break;
    const bool folded = line.front() == ' ' || line.front() == '\t';
    if (folded && frames) {
      head.error = "a folded framing field";
      return head;
    }
    const auto colon = line.find(':');
    const auto name = line.substr(0, colon);
    const auto value =
        colon == std::string_view::npos ? std::string_view() : trim_ows(line.substr(colon + 1));
    const bool is_length = !folded && iequals(name, "Content-Length");
    const bool is_coding = !folded && iequals(name, "Transfer-Encoding");
    frames = is_length || is_coding;
    if (is_length) {
      const bool repeated = framing.length.has_value();
      head.error = note_length(value, framing);
      if (head.error) return head;
      if (!repeated) head.text.append("Content-Length: ").append(*framing.length).append("\r\n");
      continue;
    }
    if (is_coding) {
      if (framing.chunked || !iequals(value, "chunked") || raw.substr(0, 8) == "HTTP/1.0") {
        head.error = "an unknown transfer coding";
        return head;
      }
      framing.chunked = true;
    }
    head.text.append(line).append("\r\n");
  }
  if (framing.chunked && framing.length) {
    head.error = "Transfer-Encoding beside Content-Length";
    return head;
  }
  head.text.append("\r\n");
  return head;
}

}  // namespace wire
}  // namespace v0
}  // namespace redial

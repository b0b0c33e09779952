#include "transport/wire/head.hpp"

#include <algorithm>
#include <utility>

#include <redial/http/headers.hpp>
#include <redial/http/text.hpp>

namespace redial {
inline namespace v0 {
namespace wire {
namespace {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// The bytes of a head, line by line, and what they become.
class Lines {
 public:
  explicit Lines(std::string_view raw) : raw_(raw) {}

  bool at_end() const { return end_ == raw_.size(); }
  // The next line, without its end.
  std::string_view next() {
    begin_ = end_;
    const auto end = raw_.find('\n', begin_);
    end_ = end == std::string_view::npos ? raw_.size() : end + 1;
    std::string_view line = raw_.substr(begin_, end_ - begin_);
    ends_well_ = line.size() >= 2 && line.substr(line.size() - 2) == "\r\n";
    if (!line.empty() && line.back() == '\n') line.remove_suffix(1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    return line;
  }
  // The line just taken stays; only its end may need mending.
  void keep(std::string_view line) {
    if (!ends_well_) replace(line);
  }
  void replace(std::string_view line, std::string_view more = {}) {
    drop();
    mended_.append(line).append(more).append("\r\n");
  }
  void drop() {
    mended_.append(raw_.substr(kept_from_, begin_ - kept_from_));
    kept_from_ = end_;
  }
  // Empty when every line was kept as it is.
  std::string mended() && {
    if (kept_from_ > 0) mended_.append(raw_.substr(kept_from_, end_ - kept_from_));
    return std::move(mended_);
  }

 private:
  std::string_view raw_;
  std::size_t begin_ = 0, end_ = 0;  // of the line just taken
  bool ends_well_ = true;
  std::size_t kept_from_ = 0;  // what is left as it is, and not copied yet
  std::string mended_;
};

struct Framing {
  std::optional<std::string_view> length;
  bool chunked = false;
};

std::optional<std::string> note_length(std::string_view value, Framing& framing) {
  while (true) {  // a list of identical values is one value
    const auto comma = value.find(',');
    const auto one = trim_ows(value.substr(0, comma));
    if (one.empty() || !std::all_of(one.begin(), one.end(), is_digit))
      return "a Content-Length that is no number";
    if (framing.length && *framing.length != one) return "two Content-Lengths that differ";
    framing.length = one;
    if (comma == std::string_view::npos) return std::nullopt;
    value.remove_prefix(comma + 1);
  }
}

std::optional<std::string> read_status_line(Lines& lines, NormalHead& head) {
  const std::string_view line = lines.next();
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
  line.size() == 12 ? lines.replace(line, " ") : lines.keep(line);
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
  NormalHead head{.raw = raw};
  Lines lines(raw);
  head.error = read_status_line(lines, head);
  if (head.error) return head;
  Framing framing;
  bool frames = false;  // the line before decided framing: it must not go on in a fold
  while (!lines.at_end()) {
    const std::string_view line = lines.next();
    if (line.empty()) {
      lines.keep(line);
      break;
    }
    const bool folded = line.front() == ' ' || line.front() == '\t';
    if (folded && frames) {
      head.error = "a folded framing field";
      return head;
    }
    const auto colon = line.find(':');
    const auto name = line.substr(0, colon);
    const bool is_length = !folded && iequals(name, "Content-Length");
    const bool is_coding = !folded && iequals(name, "Transfer-Encoding");
    frames = is_length || is_coding;
    if (!frames) {
      lines.keep(line);
      continue;
    }
    const auto value =
        colon == std::string_view::npos ? std::string_view() : trim_ows(line.substr(colon + 1));
    if (is_length) {
      const bool repeated = framing.length.has_value();
      head.error = note_length(value, framing);
      if (head.error) return head;
      if (repeated) {
        lines.drop();
      } else if (value != *framing.length) {
        lines.replace("Content-Length: ", *framing.length);
      } else {
        lines.keep(line);
      }
      continue;
    }
    if (framing.chunked || !iequals(value, "chunked") || raw.substr(0, 8) == "HTTP/1.0") {
      head.error = "an unknown transfer coding";
      return head;
    }
    framing.chunked = true;
    lines.keep(line);
  }
  if (framing.chunked && framing.length) {
    head.error = "Transfer-Encoding beside Content-Length";
    return head;
  }
  head.mended = std::move(lines).mended();
  return head;
}

}  // namespace wire
}  // namespace v0
}  // namespace redial

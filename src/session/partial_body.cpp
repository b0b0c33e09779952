#include "session/partial_body.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

#include <redial/http/http_date.hpp>
#include <redial/http/text.hpp>

#include "http/content_range.hpp"

namespace redial {
inline namespace v0 {
namespace detail {
namespace {

// The one value of a field; nullopt when it is absent or came more than once.
std::optional<std::string_view> only(const Headers& headers, std::string_view name) {
  const auto values = headers.all(name);
  if (values.size() != 1) return std::nullopt;
  return trim_ows(values.front());
}

// RFC 9110 §8.8.3: DQUOTE *etagc DQUOTE; a weak one begins with W/.
bool is_strong_tag(std::string_view tag) {
  if (tag.size() < 2 || tag.front() != '"' || tag.back() != '"') return false;
  tag = tag.substr(1, tag.size() - 2);
  return std::none_of(tag.begin(), tag.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte == '"' || byte == 0x7F;
  });
}

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool says_no_ranges(const Headers& headers) {
  const auto accepted = headers.joined("Accept-Ranges");
  return accepted && iequals(trim_ows(*accepted), "none");
}

bool holds_parts(const Headers& headers) {
  constexpr std::string_view k_parts{"multipart/byteranges"};
  const auto type = headers.get("Content-Type");
  return type && iequals(type->substr(0, k_parts.size()), k_parts);
}

constexpr std::string_view k_unit{"bytes="};

// Other units are the server's own (RFC 9110 §14.1).
bool is_of_bytes(std::string_view range) {
  return range.size() >= k_unit.size() && iequals(range.substr(0, k_unit.size()), k_unit);
}

// Where a Range of one range begins, as far as that is said without the length of the whole:
// "bytes=5-9", "bytes=5-".
std::optional<std::uint64_t> first_of(std::string_view range) {
  range.remove_prefix(k_unit.size());
  if (range.find(',') != std::string_view::npos) return std::nullopt;
  return number_of(trim_ows(range.substr(0, range.find('-'))));
}

std::string bytes(std::uint64_t count) {
  return std::to_string(count) + " bytes";
}

}  // namespace

std::string strong_validator(const Headers& headers) {
  if (headers.contains("ETag")) {
    const auto tag = only(headers, "ETag");
    return tag && is_strong_tag(*tag) ? std::string(*tag) : std::string();
  }
  const auto modified = only(headers, "Last-Modified");
  const auto date = only(headers, "Date");
  if (!modified || !date) return {};
  const auto changed = parse_http_date(*modified, WallTime());  // the century does not matter here
  const auto sent = parse_http_date(*date, WallTime());
  if (!changed || !sent) return {};
  // Their difference in nanoseconds may be more than a Duration holds.
  const auto seconds = [](WallTime time) {
    return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch());
  };
  // A minute also covers two clocks: the file's and the one that wrote Date.
  if (seconds(*sent) - seconds(*changed) < std::chrono::minutes{1}) return {};
  return std::string(*modified);
}

void PartialBody::begin(const Headers& headers, bool decoded) {
  *this = PartialBody();
  if (decoded) return;
  validator_ = strong_validator(headers);
  coding_ = headers.joined("Content-Encoding").value_or("");
  rangeable_ = !says_no_ranges(headers);
  if (headers.contains("Transfer-Encoding")) return;
  if (const auto length = only(headers, "Content-Length")) complete_ = number_of(*length);
}

bool PartialBody::can_go_on() const noexcept {
  return rangeable_ && size_ > 0 && !validator_.empty() && (!complete_ || size_ < *complete_);
}

std::optional<std::string> PartialBody::objection(const Headers& headers) {
  const auto value = only(headers, "Content-Range");
  if (!value) return "has no Content-Range, or several";
  const auto range = parse_content_range(*value);
  if (!range || !range->satisfied) return "has the Content-Range \"" + printable(*value) + "\"";
  if (range->first != size_) {
    return "begins at byte " + std::to_string(range->first) + " instead of " +
           std::to_string(size_);
  }
  const auto complete = range->complete ? range->complete : complete_;
  if (!complete) return "does not say how long the whole is";
  if (complete_ && *complete != *complete_)
    return "is part of " + bytes(*complete) + ", the answer before of " + bytes(*complete_);
  if (range->last >= *complete) return "reaches beyond the whole";
  if (holds_parts(headers)) return "holds several ranges";
  const std::uint64_t length = range->last - range->first + 1;
  if (const auto announced = headers.get("Content-Length");
      announced && number_of(*announced) != length)
    return "has another length than its Content-Range";
  if (const auto coding = headers.joined("Content-Encoding"); coding && *coding != coding_)
    return "has another content coding than the answer before";
  // With If-Range a server may leave Last-Modified out (RFC 9110 §15.3.7); then nothing says that
  // it has understood If-Range.
  const char* const field = validator_.front() == '"' ? "ETag" : "Last-Modified";
  const auto now = only(headers, field);
  if (!now || *now != validator_) return std::string("has another ") + field + ", or none";
  if (field == std::string_view("Last-Modified") && headers.contains("ETag"))
    return "has an ETag, which the answer before had not";
  complete_ = complete;
  end_ = range->last + 1;
  return std::nullopt;
}

std::optional<std::string> PartialBody::begin_part(const Headers& headers, std::string_view asked) {
  *this = PartialBody();
  if (!is_of_bytes(asked) || holds_parts(headers)) return std::nullopt;
  const auto value = only(headers, "Content-Range");
  if (!value) return "has no Content-Range, or several";
  const auto range = parse_content_range(*value);
  if (!range || !range->satisfied) return "has the Content-Range \"" + printable(*value) + "\"";
  if (const auto first = first_of(asked); first && *first != range->first) {
    return "begins at byte " + std::to_string(range->first) + " instead of " +
           std::to_string(*first);
  }
  size_ = range->first;
  end_ = complete_ = range->last + 1;
  return std::nullopt;
}

std::optional<std::string> PartialBody::missing() const {
  if (!end_ || size_ == *complete_) return std::nullopt;
  return "the part ended at byte " + std::to_string(size_) + " of " + std::to_string(*complete_);
}

}  // namespace detail
}  // namespace v0
}  // namespace redial

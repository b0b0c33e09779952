#include <redial/http/response.hpp>

#include <sstream>
#include <stdexcept>

#include "http/charset.hpp"
#include "http/response_builder.hpp"

namespace redial {
inline namespace v0 {
namespace {

std::string from_latin1(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      text += c;
    } else {
      text += static_cast<char>(0xC0 | (byte >> 6));
      text += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return text;
}

}  // namespace

BodySink::~BodySink() = default;
bool BodySink::wants_more(const std::function<void()>&) {
  return true;
}

std::optional<std::string> Response::encoding() const {
  const auto type = headers_.get("Content-Type");
  if (!type) return std::nullopt;
  if (auto charset = charset_of(*type); charset && charset->empty()) {
    return std::nullopt;  // nobody knows, not even by default
  } else if (charset) {
    return charset;
  }
  const std::string_view media = trim_ows(type->substr(0, type->find(';')));
  if (iequals(media.substr(0, 5), "text/")) return "iso-8859-1";
  if (iequals(media, "application/json")) return "utf-8";
  return std::nullopt;
}

std::string Response::text() const {
  const auto named = encoding();
  if (named && (*named == "iso-8859-1" || *named == "latin1" || *named == "latin-1")) {
    return from_latin1(body_);
  }
  if (named) {
    if (auto text = detail::to_utf8(body_, *named)) return *std::move(text);
  }
  const auto marked = detail::unicode_by_mark(body_);
  return *detail::to_utf8(body_, std::string(marked.empty() ? "utf-8" : marked));
}

std::optional<std::string> Response::json_text() const {
  const auto named = encoding();
  if (named && !iequals(*named, "utf-8") && !iequals(*named, "utf8")) {
    const auto type = headers_.get("Content-Type");
    // ISO-8859-1 by default alone is no statement about JSON.
    if (charset_of(*type)) return text();
  }
  const auto seen = detail::unicode_of_json(body_);
  if (seen.empty() || seen == "utf-8") return std::nullopt;
  return detail::to_utf8(body_, std::string(seen));
}

std::optional<Url> Response::link(std::string_view relation) const {
  for (const auto& one : links()) {
    std::istringstream relations(one.rel());
    for (std::string word; relations >> word;) {
      if (!iequals(word, relation)) continue;
      try {
        return url().resolve(one.url);
      } catch (const std::invalid_argument&) {
        break;  // no http URL: another link may do
      }
    }
  }
  return std::nullopt;
}

std::vector<Link> Response::links() const {
  return parse_links(headers_.joined("Link").value_or(""));
}

const std::vector<Response>& Response::history() const noexcept {
  static const std::vector<Response> none;
  return history_ ? *history_ : none;
}

Response ResponseBuilder::from(ReceivedResponse&& received,
                               std::shared_ptr<const Request> request) {
  Response response;
  response.http_minor_ = received.http_minor;
  response.status_ = received.status;
  response.reason_ = std::move(received.reason);
  response.headers_ = std::move(received.headers);
  response.trailers_ = std::move(received.trailers);
  response.body_ = std::move(received.body);
  response.request_ = std::move(request);
  return response;
}

ReceivedResponse ResponseBuilder::received(Response&& response) {
  ReceivedResponse received;
  received.http_minor = response.http_minor_;
  received.status = response.status_;
  received.reason = std::move(response.reason_);
  received.headers = std::move(response.headers_);
  received.trailers = std::move(response.trailers_);
  received.body = std::move(response.body_);
  return received;
}

void ResponseBuilder::finish(Response& response, std::vector<Response> history, CallReport report) {
  if (!history.empty())
    response.history_ = std::make_shared<const std::vector<Response>>(std::move(history));
  response.report_ = std::move(report);
}

}  // namespace v0
}  // namespace redial

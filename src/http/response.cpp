#include <redial/http/response.hpp>

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

std::string Response::text() const {
  const auto type = headers_.get("Content-Type").value_or("");
  auto charset = charset_of(type);
  if (!charset && iequals(type.substr(0, 5), "text/")) charset = "iso-8859-1";
  const bool latin = charset && (iequals(*charset, "iso-8859-1") || iequals(*charset, "latin1"));
  return latin ? from_latin1(body_) : body_;
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
  response.status_ = received.status;
  response.reason_ = std::move(received.reason);
  response.headers_ = std::move(received.headers);
  response.trailers_ = std::move(received.trailers);
  response.body_ = std::move(received.body);
  response.request_ = std::move(request);
  return response;
}

void ResponseBuilder::finish(Response& response, std::vector<Response> history, CallReport report) {
  if (!history.empty())
    response.history_ = std::make_shared<const std::vector<Response>>(std::move(history));
  response.report_ = std::move(report);
}

}  // namespace v0
}  // namespace redial

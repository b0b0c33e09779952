#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <boost/beast/http/basic_parser.hpp>

#include <redial/transport/transport.hpp>

#include "transport/wire/decode.hpp"

namespace redial {
inline namespace v0 {
namespace wire {

/// Beast's parser, handing fields and body straight on. Its own limits are lifted to ours.
///
/// Private, and included by the exchange alone: Beast's headers are heavy.
class AnswerParser final : public boost::beast::http::basic_parser<false> {
  using Verb = boost::beast::http::verb;
  using Field = boost::beast::http::field;
  using View = boost::beast::string_view;
  using Code = boost::beast::error_code;

 public:
  AnswerParser(ReceivedResponse& response, const ReceiveLimits& limits, bool without_body)
      : response_(response), limits_(limits) {
    eager(true);
    skip(without_body);
    header_limit(static_cast<std::uint32_t>(limits.head_bytes + 1024));
    body_limit(boost::none);
  }

  /// Body bytes go here; set once the head is known.
  void set_decoder(Decoder* decoder) { decoder_ = decoder; }
  BodyVerdict verdict() const { return verdict_; }
  bool too_many_fields() const { return fields_ > limits_.head_fields; }
  bool head_done() const { return head_done_; }

 private:
  void on_request_impl(Verb, View, View, int, Code&) override {}
  void on_response_impl(int status, View reason, int version, Code&) override {
    response_.status = status;
    response_.reason.assign(reason.data(), reason.size());
    response_.http_minor = version == 10 ? 0 : 1;
  }
  void on_field_impl(Field, View name, View value, Code& error) override {
    if (++fields_ > limits_.head_fields) {
      error = boost::beast::http::error::header_limit;
      return;
    }
    Headers& headers = head_done_ ? response_.trailers : response_.headers;
    headers.add_received({name.data(), name.size()}, {value.data(), value.size()});
  }
  void on_header_impl(Code&) override { head_done_ = true; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Code&) override {}
  std::size_t on_body_impl(View piece, Code& error) override { return take(piece, error); }
  void on_chunk_header_impl(std::uint64_t, View, Code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, View piece, Code& error) override {
    return take(piece, error);
  }
  void on_finish_impl(Code&) override {}

  std::size_t take(View piece, Code& error) {
    if (decoder_ != nullptr) verdict_ = decoder_->put({piece.data(), piece.size()});
    if (verdict_ != BodyVerdict::whole) error = boost::beast::http::error::body_limit;
    return piece.size();
  }

  ReceivedResponse& response_;
  const ReceiveLimits& limits_;
  Decoder* decoder_ = nullptr;
  BodyVerdict verdict_ = BodyVerdict::whole;
  std::uint32_t fields_ = 0;
  bool head_done_ = false;
};

}  // namespace wire
}  // namespace v0
}  // namespace redial

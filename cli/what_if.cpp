#include "what_if.hpp"

#include <utility>

namespace redial::cli {
namespace {

SessionOptions drawing(double draw) {
  SessionOptions options;
  options.draw = Uniform::always(draw);
  options.pause_hosts = false;  // each call is thought through for itself
  return options;
}

}  // namespace

Rehearsal::Rehearsal(double draw)
    : transport_(std::make_shared<testing::ScriptedTransport>()), session_(drawing(draw)) {
  transport_->otherwise([this](const testing::SentRequest& sent) {
    if (++attempts_ >= k_most_attempts) stop_.request_stop();
    return script_(attempts_, sent, transport_->clock().elapsed() - began_, transport_->clock());
  });
  session_.mount("http://", Adapter{.transport = transport_});
  session_.mount("https://", Adapter{.transport = transport_});
}

CallReport Rehearsal::play(const WhatIf& call, Script script) {
  script_ = std::move(script);
  stop_ = std::stop_source();
  began_ = transport_->clock().elapsed();
  attempts_ = 0;
  RequestOptions options = call.options;
  options.stop = stop_.get_token();
  const auto result = session_.try_request(call.method, call.url, std::move(options));
  return result ? result->report() : result.error().report();
}

}  // namespace redial::cli

#include "session/sink_feed.hpp"

#include <exception>
#include <utility>

namespace redial {
inline namespace v0 {
namespace detail {

SinkFeed::SinkFeed(BodySink& sink, const Request& request)
    : sink_(&sink),
      range_(request.headers.get("Range").value_or("")),
      resumable_(request.method == "GET" && range_.empty() &&
                 !request.headers.contains("If-Range")) {}

template <class Action>
bool SinkFeed::guarded(Action action) {
  try {
    action();
    return true;
  } catch (const std::exception& error) {
    error_ = error.what();
  } catch (...) {
    error_ = "the sink threw something that is not a std::exception";
  }
  sink_->abandon();
  open_ = false;
  return false;
}

void SinkFeed::ask(Request& request) {
  receiving_ = false;
  resumed_at_ = 0;
  refusal_.clear();
  if (std::exchange(asked_, false)) {
    request.headers.erase("Range");
    request.headers.erase("If-Range");
  }
  if (!open_ || restarts_) return;
  request.headers.set("Range", partial_.range());
  request.headers.set("If-Range", partial_.validator());
  asked_ = true;
}

void SinkFeed::head(const Response& response, bool decoded) {
  const Headers& headers = response.headers();
  const bool whole = response.status() == 200 && response.request().method == "GET";
  receiving_ = true;
  content_ = {};
  if (!decoded) content_ = {"Content-Digest", headers};
  if (response.status() == 206 && resumable_) {
    auto why = asked_ ? resume(headers) : "was not asked for";
    if (why) refuse("206 Partial Content that " + *why);
    return;
  }
  if (open_ && started_ && !sink_->can_abandon())
    return refuse("an answer that begins anew, to a request for the rest");
  drop();
  partial_ = {};
  whole_ = {};
  if (whole && resumable_) partial_.begin(headers, decoded);
  if (whole && !decoded) whole_ = {"Repr-Digest", headers};
  if (response.status() == 206 && !range_.empty() && !decoded) {
    if (auto why = partial_.begin_part(headers, range_))
      return refuse("206 Partial Content that " + *why);
  }
  open_ = guarded([&] { sink_->begin(response); });
}

// Why this is not the rest of what is there; nullopt: the body goes on.
std::optional<std::string> SinkFeed::resume(const Headers& headers) {
  if (auto why = partial_.objection(headers)) return why;
  const DigestCheck::Word word = whole_.also(headers);
  if (word == DigestCheck::Word::contradicts) return "has another Repr-Digest";
  if (word == DigestCheck::Word::too_late)
    return "has a Repr-Digest, which the answer before had not";
  resumed_at_ = partial_.size();
  return std::nullopt;
}

// The answer's body is not what it should be, and is not looked at any further.
void SinkFeed::refuse(std::string why) {
  refusal_ = std::move(why);
  restarts_ = restarts_ || asked_;
  drop();
}

bool SinkFeed::write(std::string_view piece) {
  if (!open_) return false;
  started_ = true;
  if (!partial_.has_room_for(piece.size())) {
    refuse("206 Partial Content with more bytes than its Content-Range says");
    return false;
  }
  partial_.add(piece.size());
  whole_.update(piece);
  content_.update(piece);
  return guarded([&] { sink_->write(piece); });
}

bool SinkFeed::wants_more(const std::function<void()>& ready) {
  bool more = true;  // also after an exception: then the next piece is refused
  if (open_) guarded([&] { more = sink_->wants_more(ready); });
  return more;
}

void SinkFeed::judge(Outcome& outcome, const Headers& trailers) {
  if (!error_.empty() && outcome.fault != Fault::none) outcome.detail = error_;
  if (outcome.evidence != Evidence::responded) return;
  if (receiving_) outcome.resumed_at = resumed_at_;
  const bool whole = outcome.body == BodyVerdict::whole;
  if (receiving_ && whole && !error_.empty()) {  // it would not even begin
    outcome.body = BodyVerdict::sink_failed;
    outcome.fault = Fault::sink_failed;
    outcome.detail = error_;
  }
  if (asked_ && outcome.status == 416)
    refuse("416 to a request for the rest, which is to be there");
  if (receiving_ && open_ && whole) {
    if (auto why = partial_.missing()) {
      outcome.body = BodyVerdict::cut;
      outcome.fault = Fault::body_cut;
      outcome.detail = *std::move(why);
    } else if (auto wrong = wrong_digest(trailers)) {
      refuse(*std::move(wrong));
    }
  }
  if (refusal_.empty()) return;
  outcome.body = BodyVerdict::mismatch;
  outcome.fault = Fault::body_mismatch;
  outcome.detail = refusal_;
}

std::optional<std::string> SinkFeed::wrong_digest(const Headers& trailers) {
  for (DigestCheck* const check : {&content_, &whole_}) {
    if (check->also(trailers) == DigestCheck::Word::contradicts)
      return "trailers with another digest than the head";
    if (auto wrong = check->mismatch()) return wrong;
  }
  return std::nullopt;
}

void SinkFeed::close(Outcome& outcome, bool wanted) {
  if (!receiving_ || sink_ == nullptr) return;
  const bool keeps = open_ && !wanted && outcome.body == BodyVerdict::cut &&
                     sink_->can_continue() && partial_.can_go_on();
  outcome.output_started = started_ && !keeps && !sink_->can_abandon();
  if (!open_ || keeps) return;
  if (!wanted) return drop();
  const bool done = guarded([&] { sink_->commit(); });
  open_ = false;
  if (done) return;
  outcome.body = BodyVerdict::sink_failed;
  outcome.fault = Fault::sink_failed;
  outcome.detail = error_;
}

void SinkFeed::leave() noexcept {
  drop();
  sink_ = nullptr;
}

void SinkFeed::drop() noexcept {
  if (std::exchange(open_, false)) sink_->abandon();
}

}  // namespace detail
}  // namespace v0
}  // namespace redial

#include "session/sink_feed.hpp"

#include <exception>
#include <utility>

namespace redial {
inline namespace v0 {
namespace detail {

SinkFeed::SinkFeed(BodySink& sink, const Request& request)
    : sink_(&sink),
      resumable_(request.method == "GET" && !request.headers.contains("Range") &&
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
  if (!decoded && response.request().method != "HEAD")
    content_ = {"Content-Digest", digests_in(headers, "Content-Digest")};
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
  if (whole && !decoded) whole_ = {"Repr-Digest", digests_in(headers, "Repr-Digest")};
  open_ = guarded([&] { sink_->begin(response); });
}

// Why this is not the rest of what is there; nullopt: the body goes on.
std::optional<std::string> SinkFeed::resume(const Headers& headers) {
  if (contradict(whole_.expected(), digests_in(headers, "Repr-Digest")))
    return "has another Repr-Digest";
  if (auto why = partial_.objection(headers)) return why;
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
  started_ = true;
  if (!open_) return false;
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

void SinkFeed::judge(Outcome& outcome) {
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
    } else if (auto wrong = wrong_digest()) {
      refuse(*std::move(wrong));
    }
  }
  if (refusal_.empty()) return;
  outcome.body = BodyVerdict::mismatch;
  outcome.fault = Fault::body_mismatch;
  outcome.detail = refusal_;
}

std::optional<std::string> SinkFeed::wrong_digest() {
  if (auto wrong = content_.mismatch()) return wrong;
  return whole_.mismatch();
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

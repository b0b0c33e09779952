#include <redial/async/streaming.hpp>

#include <algorithm>
#include <cstring>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <redial/http/body.hpp>

#include "async/rest.hpp"
#include "async/worker.hpp"

// Two parties share a stream: the call, on its event loop, and a coroutine. Neither is run from
// within the other: the coroutine is resumed by the session's thread when the transport is done
// with what it was about, the transport by a notice through its loop.

namespace redial {
inline namespace v0 {
namespace detail {

/// What both directions share: bytes on their way, who waits, and the end of the call.
class Stream : public AsyncCall {
 public:
  Stream(AsyncSession& session, std::size_t capacity) : session_(session), capacity_(capacity) {
    if (capacity == 0) throw std::invalid_argument("capacity: 0 bytes would never move");
  }

  /// Whether the coroutine can go on. The mutex is held.
  using Ready = bool (*)(const Stream&);

  /// False: it can already. Else `rest` ends when it can.
  bool wait(std::shared_ptr<AsyncRest>& rest, std::coroutine_handle<> waiter, Ready ready) {
    const std::lock_guard lock(mutex_);
    if (ready(*this)) {
      promised(ready);
      return false;
    }
    rest = std::make_shared<AsyncRest>(waiter, SteadyTime::min());
    waits_ = rest;
    waits_for_ = ready;
    return true;
  }

  void deliver(Result<Response>&& result) noexcept override {
    const std::lock_guard lock(mutex_);
    result_.emplace(std::move(result));
    wake_coroutine();
  }
  /// The call's end may hold its request, which holds the stream.
  void forget_result() {
    const std::lock_guard lock(mutex_);
    result_.reset();
  }

 protected:
  // The mutex is held by whoever calls these.
  void wake_coroutine() {
    if (waits_ == nullptr || !waits_for_(*this)) return;
    promised(waits_for_);
    start_rest(session_, std::exchange(waits_, nullptr));
  }
  // What made the coroutine go on must still be there when it does.
  virtual void promised(Ready /*what*/) {}
  void wake_transport() {
    if (const auto ready = std::exchange(ready_, nullptr)) ready();
  }

  AsyncSession& session_;
  const std::size_t capacity_;
  mutable std::mutex mutex_;  // guards what follows
  std::string bytes_;
  std::function<void()> ready_;       // the transport waits
  std::shared_ptr<AsyncRest> waits_;  // the coroutine does
  Ready waits_for_ = nullptr;
  std::optional<Result<Response>> result_;
};

class IncomingBody final : public Stream, public BodySink {
 public:
  using Stream::Stream;

  void begin(const Response& response) override {
    const std::lock_guard lock(mutex_);
    // Asked beforehand it could be taken back; the coroutine may have gone on since.
    if (given_) throw std::runtime_error("the answer began anew after a part of it was read");
    if (seen_ && head_ && !same(*head_, response))
      throw std::runtime_error(
          "the answer began anew, and is another one, after its head was read");
    head_ = response;
    bytes_.clear();
    wake_coroutine();
  }
  void write(std::string_view piece) override {
    const std::lock_guard lock(mutex_);
    bytes_.append(piece);
    wake_coroutine();
  }
  bool wants_more(const std::function<void()>& ready) override {
    const std::lock_guard lock(mutex_);
    if (bytes_.size() < capacity_) return true;
    ready_ = ready;
    return false;
  }
  void commit() override {
    const std::lock_guard lock(mutex_);
    ready_ = nullptr;
    committed_ = true;
  }
  void abandon() noexcept override {
    const std::lock_guard lock(mutex_);
    ready_ = nullptr;
    if (seen_) return;  // the error comes after what there is
    bytes_.clear();
    head_.reset();
  }
  bool can_abandon() const noexcept override {
    const std::lock_guard lock(mutex_);
    return !seen_;
  }
  bool can_continue() const noexcept override { return true; }

  static bool has_head(const Stream& stream) {
    const auto& self = static_cast<const IncomingBody&>(stream);
    return self.head_ || self.result_;
  }
  static bool has_piece(const Stream& stream) {
    const auto& self = static_cast<const IncomingBody&>(stream);
    return !self.bytes_.empty() || self.result_;
  }

  Response head() {
    const std::lock_guard lock(mutex_);
    if (head_) return *head_;
    if (!*result_) result_->error().raise();
    return **result_;
  }
  std::optional<std::string> next() {
    const std::lock_guard lock(mutex_);
    if (!bytes_.empty()) {
      auto piece = std::exchange(bytes_, {});
      wake_transport();
      return piece;
    }
    if (!*result_) result_->error().raise();
    const Response& answer = **result_;
    if (std::exchange(ended_, true)) return std::nullopt;
    if (!answer.body().empty()) return answer.body();
    // A body that was taken back: the call asked for another one until it had to give up.
    if (answer.status() < 300 && !committed_) answer.raise_for_status();
    return std::nullopt;
  }
  const CallReport& report() const {
    const std::lock_guard lock(mutex_);
    if (!result_) throw std::logic_error("StreamedResponse::report: the body has not ended yet");
    return *result_ ? (*result_)->report() : result_->error().report();
  }

 private:
  static bool same(const Response& a, const Response& b) {
    const auto equal = [&](std::string_view name) {
      return a.headers().get(name) == b.headers().get(name);
    };
    return a.status() == b.status() && equal("Content-Length") && equal("Content-Type") &&
           equal("ETag");
  }
  void promised(Ready what) override {
    seen_ = true;
    given_ = given_ || what == has_piece;
  }

  std::optional<Response> head_;
  bool seen_ = false;   // the coroutine has something of this answer
  bool given_ = false;  // a piece of its body
  bool committed_ = false;
  bool ended_ = false;  // it has the body that was in memory
};

class OutgoingBody final : public Stream {
 public:
  using Stream::Stream;

  /// The transport's end. It keeps the stream alive.
  class Reader final : public BodyReader {
   public:
    explicit Reader(std::shared_ptr<OutgoingBody> body) : body_(std::move(body)) {}
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    ~Reader() override { body_->leave(); }
    std::size_t read(char* into, std::size_t size) override { return body_->read(into, size); }
    bool is_ready(const std::function<void()>& ready) override { return body_->is_ready(ready); }

   private:
    std::shared_ptr<OutgoingBody> body_;
  };

  static bool may_write(const Stream& stream) {
    const auto& self = static_cast<const OutgoingBody&>(stream);
    return self.bytes_.size() < self.capacity_ || self.left_ || self.result_;
  }
  static bool has_ended(const Stream& stream) {
    return static_cast<const OutgoingBody&>(stream).result_.has_value();
  }

  bool write(std::string piece) {
    const std::lock_guard lock(mutex_);
    if (left_ || result_ || whole_) return false;
    if (bytes_.empty()) {
      bytes_ = std::move(piece);
    } else {
      bytes_.append(piece);
    }
    if (!bytes_.empty()) wake_transport();
    return true;
  }
  void finish() {
    const std::lock_guard lock(mutex_);
    whole_ = true;
    wake_transport();
  }
  Response take() {
    const std::lock_guard lock(mutex_);
    if (!*result_) result_->error().raise();
    return **result_;
  }

 private:
  bool is_ready(const std::function<void()>& ready) {
    const std::lock_guard lock(mutex_);
    if (!bytes_.empty() || whole_) return true;
    ready_ = ready;
    return false;
  }
  std::size_t read(char* into, std::size_t size) {
    const std::lock_guard lock(mutex_);
    if (bytes_.empty() && !whole_) throw std::logic_error("nothing has been written yet");
    const std::size_t count = std::min(size, bytes_.size() - taken_);
    std::memcpy(into, bytes_.data() + taken_, count);
    taken_ += count;
    if (taken_ == bytes_.size() || taken_ >= capacity_ / 2) {
      bytes_.erase(0, std::exchange(taken_, 0));
      wake_coroutine();
    }
    return count;
  }
  void leave() {
    const std::lock_guard lock(mutex_);
    ready_ = nullptr;
    left_ = true;
    bytes_.clear();
    wake_coroutine();
  }

  std::size_t taken_ = 0;
  bool whole_ = false;
  bool left_ = false;  // the transport reads no more
};

StreamWait::~StreamWait() {
  if (rest_ != nullptr) rest_->settled = true;
}

}  // namespace detail

namespace {

const RequestOptions& options_of(const Request& request) {
  static const RequestOptions none;
  return request.own_options() ? *request.own_options() : none;
}

}  // namespace

StreamedResponse::StreamedResponse(AsyncSession& session, Request request, std::size_t capacity)
    : body_(std::make_shared<detail::IncomingBody>(session, capacity)) {
  if (options_of(request).sink != nullptr)
    throw std::invalid_argument("StreamedResponse: the request brings a sink of its own");
  request.sink(*body_);
  detail::start_call(session, std::move(request), body_);
}
StreamedResponse::StreamedResponse(StreamedResponse&&) noexcept = default;
StreamedResponse::~StreamedResponse() {
  if (body_ == nullptr) return;
  detail::AsyncWorker::leave(*body_);
  body_->forget_result();
}
StreamedResponse::Head StreamedResponse::head() {
  return Head(*body_);
}
StreamedResponse::Next StreamedResponse::next() {
  return Next(*body_);
}
const CallReport& StreamedResponse::report() const {
  return body_->report();
}

bool StreamedResponse::Head::await_suspend(std::coroutine_handle<> waiter) {
  return body_.wait(rest_, waiter, detail::IncomingBody::has_head);
}
Response StreamedResponse::Head::await_resume() {
  return body_.head();
}
bool StreamedResponse::Next::await_suspend(std::coroutine_handle<> waiter) {
  return body_.wait(rest_, waiter, detail::IncomingBody::has_piece);
}
std::optional<std::string> StreamedResponse::Next::await_resume() {
  return body_.next();
}

StreamedRequest::StreamedRequest(AsyncSession& session, Request request,
                                 std::optional<std::uint64_t> length, std::size_t capacity)
    : body_(std::make_shared<detail::OutgoingBody>(session, capacity)) {
  const RequestOptions& own = options_of(request);
  if (!request.body.absent() || own.body || own.form || own.json || !own.files.empty() ||
      !own.multipart.empty())
    throw std::invalid_argument("StreamedRequest: the request brings a body of its own");
  request.body = Body::reader(std::make_unique<detail::OutgoingBody::Reader>(body_), length);
  detail::start_call(session, std::move(request), body_);
}
StreamedRequest::StreamedRequest(StreamedRequest&&) noexcept = default;
StreamedRequest::~StreamedRequest() {
  if (body_ == nullptr) return;
  detail::AsyncWorker::leave(*body_);
  body_->forget_result();
}
StreamedRequest::Write StreamedRequest::write(std::string piece) {
  return {*body_, std::move(piece)};
}
StreamedRequest::Finish StreamedRequest::finish() {
  body_->finish();
  return Finish(*body_);
}

bool StreamedRequest::Write::await_suspend(std::coroutine_handle<> waiter) {
  return body_.wait(rest_, waiter, detail::OutgoingBody::may_write);
}
bool StreamedRequest::Write::await_resume() {
  return body_.write(std::move(piece_));
}
bool StreamedRequest::Finish::await_suspend(std::coroutine_handle<> waiter) {
  return body_.wait(rest_, waiter, detail::OutgoingBody::has_ended);
}
Response StreamedRequest::Finish::await_resume() {
  return body_.take();
}

}  // namespace v0
}  // namespace redial

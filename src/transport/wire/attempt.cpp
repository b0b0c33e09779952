#include "transport/wire/attempt.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <boost/asio/post.hpp>

#include "http/comma_list.hpp"
#include "transport/wire/head.hpp"
#include "transport/wire/parser.hpp"
#include "transport/wire/request_head.hpp"
#include "transport/wire/tunnel.hpp"

// Longer than most files: one attempt is one story, and its parts share its state. In the order in
// which they happen: limits, connecting, sending, receiving.

namespace redial {
inline namespace v0 {
namespace wire {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using namespace std::chrono_literals;

constexpr Duration k_queue_patience = 20ms;    // between looks at a full queue
constexpr Duration k_place_patience = 1s;      // should the news of a free connection get lost
constexpr Duration k_lookup_patience = 200ms;  // then names that hang keep it from its turn
constexpr Duration k_stagger = 250ms;          // RFC 8305 §5
constexpr Duration k_continue_patience = 1s;   // for a server that does not know Expect
constexpr std::size_t k_watch_from =
    64 * 1024;  // uploads larger than this look out for an early answer
constexpr std::size_t k_joined =
    16 * 1024;  // bodies up to this go out with the head, also over TLS
constexpr std::uint64_t k_most_framing = 16;     // for each byte of content; a chunk of one takes 5
constexpr std::size_t k_first_read = 2 * 1024;   // most answers are smaller; see ReadByLoop
constexpr std::size_t k_most_ahead = 64 * 1024;  // of an answer, while the request still goes out
constexpr const char* k_unknown_exception = "the caller's code threw what is no std::exception";

// An answer that, for all its earliness, lets the request stand: it is sent to its end. Others turn
// it away (4xx, 5xx), or elsewhere as a whole (307, 308).
bool wants_the_rest(int status) {
  return status < 304;
}

// RFC 9112 §9.6: whoever has sent that sends no more over the connection.
bool asks_to_close(const Headers& headers) {
  return std::any_of(headers.begin(), headers.end(), [](const auto& field) {
    return iequals(field.name, "Connection") && detail::lists(field.value, "close");
  });
}

std::string message_of(int error) {
  return std::generic_category().message(error);
}

Fault connect_fault(const error_code& error) {
  switch (error.value()) {
    case ECONNREFUSED:
    case ECONNRESET:
      return Fault::connect_refused;
    case ETIMEDOUT:
      return Fault::connect_timeout;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
    case EADDRNOTAVAIL:
      return Fault::local_failure;
    default:
      return Fault::connect_failed;
  }
}

// RFC 8305 §4: families take turns, beginning with the one that the resolver put first.
std::vector<asio::ip::address> interleaved(const std::vector<asio::ip::address>& addresses) {
  std::vector<asio::ip::address> first, second, mixed;
  for (const auto& address : addresses) {
    (address.is_v6() == addresses.front().is_v6() ? first : second).push_back(address);
  }
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) mixed.push_back(first[i]);
    if (i < second.size()) mixed.push_back(second[i]);
  }
  return mixed;
}

void append_context(std::string& key, const SSL_CTX* context) {
  if (context != nullptr)
    key.append("#").append(std::to_string(reinterpret_cast<std::uintptr_t>(context)));
}

SteadyTime steady_now() {
  return std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now());
}

}  // namespace

// What a wait hands to the event loop: it keeps the attempt alive, and goes on however the wait
// ended.
struct Attempt::Resume {
  std::shared_ptr<Attempt> self;
  void operator()(const error_code&) const { self->resume(); }
};

// A wait of the coroutine: for the socket, or for the gate. Over at once when the attempt is.
class Attempt::Wait {
 public:
  Wait(Attempt& attempt, std::optional<tcp::socket::wait_type> what)
      : attempt_(attempt), what_(what) {}
  bool await_ready() const noexcept { return attempt_.over(); }
  void await_suspend(std::coroutine_handle<> waiter) const {
    Resume resume{attempt_.shared_from_this()};
    if (what_) {
      attempt_.connection_->stream.socket().async_wait(*what_, std::move(resume));
    } else {
      attempt_.gate_.async_wait(std::move(resume));
    }
    attempt_.waiting_ = waiter;  // what throws is not waited for
  }
  void await_resume() const noexcept {}

 private:
  Attempt& attempt_;
  std::optional<tcp::socket::wait_type> what_;
};

// A read that the loop does when there is something, to the end of the connection's buffer; over
// TLS, what is to be opened first.
//
// Not a Wait and then our read: to wait without reading, asio arms epoll anew each time, and a
// socket that can be written then ends the next epoll_wait at once (measured: two of six system
// calls of a request). It has to be the connection's own buffer: by the time the attempt goes on,
// another one may have used the loop's.
class Attempt::ReadByLoop {
 public:
  explicit ReadByLoop(Attempt& attempt)
      : attempt_(attempt),
        into_(attempt.connection_->stream.is_tls() ? attempt.connection_->stream.sealed()
                                                   : attempt.connection_->buffer),
        before_(into_.size()) {}
  bool await_ready() const noexcept { return attempt_.over(); }
  void await_suspend(std::coroutine_handle<> waiter) {
    into_.resize(before_ + k_first_read);
    attempt_.connection_->stream.socket().async_receive(
        asio::buffer(into_.data() + before_, k_first_read),
        [this, self = attempt_.shared_from_this()](const error_code& error, std::size_t count) {
          result_ = self->connection_->stream.received(error, count);
          into_.resize(before_ + result_.count);
          self->resume();
        });
    attempt_.waiting_ = waiter;
  }
  Stream::Result await_resume() const noexcept { return result_; }

 private:
  Attempt& attempt_;
  std::string& into_;
  std::size_t before_;
  Stream::Result result_{Stream::State::wants_read};
};

Attempt::Attempt(Loop& loop) : loop_(loop), timer_(loop.io), gate_(loop.io) {}
Attempt::~Attempt() = default;

void Attempt::start(Exchange& exchange) {
  reset();
  exchange_ = &exchange;
  exchange.transport_state = this;
  on_stack_ = true;
  try {
    running_ = run();
  } catch (...) {  // no memory for its frame
    exchange_ = nullptr;
    exchange.transport_state = nullptr;
    on_stack_ = false;
    throw;
  }
  on_stack_ = false;
}

void Attempt::reset() {
  ++generation_;
  outcome_ = Outcome();
  fault_ = limit_fault_ = Fault::none;
  limit_at_ = SteadyTime::max();
  sink_ = nullptr;
  context_ = proxy_context_ = nullptr;
  begin_on_connection();
}

// What was read of a connection that turned out to be dead is no part of what the next one brings.
void Attempt::begin_on_connection() {
  idle_counts_ = head_received_ = body_complete_ = upload_unfinished_ = false;
  watching_ = readable_ = writable_ = at_end_ = more_is_likely_ = false;
  interim_ = 0;
  begin_ = scanned_ = 0;
  fed_ = 0;
  if (connection_) connection_->buffer.clear();
}

// --- limits
// ---------------------------------------------------------------------------------------------------------

void Attempt::end(Fault fault) {
  if (exchange_ == nullptr || over()) return;
  fault_ = fault;
  error_code ignored;
  if (connection_) connection_->stream.socket().cancel(ignored);
  for (auto& socket : racing_) socket->close(ignored);
  lookup_ = Resolver::Ticket();
  gate_.cancel();
}

void Attempt::limit(Duration span, Fault fault) {
  limit_at_ = saturating_add(steady_now(), span);
  limit_fault_ = fault;
  if (exchange_->limits.deadline <= limit_at_) {
    limit_at_ = exchange_->limits.deadline;
    limit_fault_ = Fault::deadline;
  }
  arm();
}

void Attempt::moved() {
  if (idle_counts_) limit(exchange_->limits.idle, Fault::idle_timeout);
}

// One timer for all limits, moved only when a limit comes before it: a call that ends in time costs
// no timer operation.
void Attempt::arm() {
  if (limit_at_ >= armed_) return;
  armed_ = SteadyTime::max();  // until it is: setting a timer can fail
  timer_.expires_at(limit_at_);
  timer_.async_wait([weak = weak_from_this()](const error_code& error) {
    const auto self = weak.lock();
    if (error || !self) return;
    self->armed_ = SteadyTime::max();
    if (self->idle() || self->over()) return;
    if (steady_now() >= self->limit_at_) return self->end(self->limit_fault_);
    try {
      self->arm();
    } catch (const std::bad_alloc&) {  // without its limit it might never end
      self->end(Fault::local_failure);
    }
  });
  armed_ = limit_at_;
}

bool Attempt::fail(Fault fault, std::string detail, int os_error) {
  if (over()) return false;
  fault_ = fault;
  outcome_.detail = std::move(detail);
  outcome_.os_error = os_error;
  if (outcome_.detail.empty() && os_error != 0) outcome_.detail = message_of(os_error);
  return false;
}

// An origin that is not there can be so in many ways; a proxy is there or it is not.
bool Attempt::fail_to_reach(Fault fault, std::string detail, int os_error) {
  if (exchange_->proxy == nullptr || fault == Fault::local_failure)
    return fail(fault, std::move(detail), os_error);
  return fail(Fault::proxy_unreachable, "the proxy: " + detail, os_error);
}

bool Attempt::fail_body(BodyVerdict verdict, std::string detail) {
  outcome_.body = verdict;
  switch (verdict) {
    case BodyVerdict::whole:
      return true;
    case BodyVerdict::cut:
      return fail(Fault::body_cut, std::move(detail));
    case BodyVerdict::undecodable:
      return fail(Fault::body_undecodable, std::move(detail));
    case BodyVerdict::mismatch:
      return fail(Fault::body_mismatch, std::move(detail));
    case BodyVerdict::too_large:
      return fail(Fault::body_too_large, std::move(detail));
    case BodyVerdict::sink_failed:
      return fail(Fault::sink_failed, std::move(detail));
  }
  return false;
}

// --- the whole
// ------------------------------------------------------------------------------------------------------

Task<> Attempt::run() {
  try {
    co_await exchange();
  } catch (const std::exception& error) {
    fail(Fault::local_failure, error.what());
  } catch (...) {
    fail(Fault::local_failure, k_unknown_exception);
  }
  finish();
}

Task<> Attempt::exchange() {
  if (const auto why = unsendable(*exchange_)) {
    fail(Fault::invalid_request, *why);
    co_return;
  }
  const Url& url = *exchange_->url;
  const ProxyRoute* const proxy = exchange_->proxy;
  try {
    if (url.is_tls()) context_ = loop_.shared->contexts.get(*exchange_->tls);
    if (proxy != nullptr && proxy->url.is_tls())
      proxy_context_ = loop_.shared->contexts.get(without_client_certificate(*exchange_->tls));
  } catch (const std::invalid_argument& error) {
    fail(Fault::invalid_request, error.what());
  }
  if (over()) co_return;
  origin_.clear();  // which a proxy's own connection does not belong to
  if (!exchange_->unix_socket.empty())
    origin_.append("unix:").append(exchange_->unix_socket).append("|");
  if (proxy == nullptr || is_tunnelled(*exchange_))
    origin_.append(url.host()).append(":").append(std::to_string(url.port()));
  append_context(origin_, context_);
  if (proxy != nullptr) {
    append_proxy_key(*exchange_, origin_);
    append_context(origin_, proxy_context_);
  }

  if (loop_.shared->places.limited() && !co_await take_place()) co_return;
  for (;;) {
    connection_ = exchange_->fresh_connection ? nullptr : loop_.pool.take(origin_, steady_now());
    if (!connection_ && !co_await connect()) {
      connection_.reset();  // what it carried (TLS, CONNECT) was not the request
      co_return;
    }
    outcome_.connection_reused = connection_->reused;
    connection_->stream.reset_sent();
    begin_on_connection();
    if (co_await send_request()) break;
    if (over()) co_return;
    // A pooled connection that was dead before the kernel took a byte: nothing was sent, so this is
    // no attempt yet.
    const bool stale = connection_->reused && connection_->stream.sent() == 0;
    if (!stale) break;  // the peer closed on us; it may have answered first
  }
  if (!head_received_ && !co_await receive_head()) co_return;
  co_await receive_body();
}

void Attempt::keep_connection() noexcept {
  try {
    loop_.pool.give(std::move(connection_), steady_now());
  } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): one connection fewer
  }
}

void Attempt::finish() {
  const std::uint64_t sent = connection_ ? connection_->stream.sent() : 0;
  outcome_.evidence = head_received_ ? Evidence::responded
                      : sent > 0     ? Evidence::maybe
                                     : Evidence::not_sent;
  if (head_received_) {
    outcome_.status = exchange_->response.status;
    outcome_.closes = !parser_->keep_alive();
  }
  // Half a request never passes for a whole one.
  if (body_complete_ && upload_unfinished_ && wants_the_rest(outcome_.status)) {
    body_complete_ = false;
    fault_ = Fault::body_cut;
    outcome_.detail = "it was answered before all of it had been sent";
  }
  if (head_received_ && !body_complete_ && outcome_.body == BodyVerdict::whole)
    outcome_.body = BodyVerdict::cut;
  outcome_.fault = body_complete_ ? Fault::none : fault_;

  const bool quiet =
      body_complete_ && !upload_unfinished_ && !at_end_ && begin_ == connection_->buffer.size();
  if (quiet && parser_->keep_alive() && !asks_to_close(*exchange_->headers)) keep_connection();
  connection_.reset();
  connection_place_.leave();
  lookup_ = Resolver::Ticket();
  limit_at_ = SteadyTime::max();
  Exchange& exchange = *std::exchange(exchange_, nullptr);
  exchange.transport_state = nullptr;
  exchange.finished(std::move(outcome_));
}

// --- connecting
// -----------------------------------------------------------------------------------------------------

// Whoever has a place tells the next in line through its loop.
Task<bool> Attempt::take_place() {
  limit(exchange_->limits.place, Fault::deadline);
  const auto granted = [self = weak_from_this(), &io = loop_.io] {
    try {
      asio::post(io, [self] {
        if (const auto attempt = self.lock()) attempt->gate_.cancel();
      });
    } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): found out by the next look
    }
  };
  const ProxyRoute* const proxy = exchange_->proxy;
  const Url& host = proxy != nullptr && !is_tunnelled(*exchange_) ? proxy->url : *exchange_->url;
  std::string key(exchange_->unix_socket);
  if (key.empty()) key = host.origin();
  if (connection_place_.take(loop_.shared->places, key, granted)) co_return true;
  while (!over() && !connection_place_.held())
    co_await await_gate(saturating_add(steady_now(), k_place_patience));
  if (over()) outcome_.detail = "every connection that may be in use at once was";
  co_return !over();
}

Task<bool> Attempt::connect() {
  limit(exchange_->limits.connect, Fault::connect_timeout);
  const ProxyRoute* const proxy = exchange_->proxy;
  const Url& origin = *exchange_->url;
  const Url& peer = proxy != nullptr ? proxy->url : origin;
  if (!exchange_->unix_socket.empty()) {
    if (!co_await reach_unix_socket()) co_return false;
  } else {
    Addresses found;
    if (!co_await resolve(peer, found)) co_return false;
    const auto order = interleaved(found.list);
    if (!co_await reach(peer, order)) co_return false;
  }
  connection_->origin = origin_;
  connection_->opened = steady_now();
  if (proxy_context_ != nullptr && !co_await handshake(proxy_context_, peer)) co_return false;
  if (is_tunnelled(*exchange_) && !co_await open_tunnel()) co_return false;
  if (context_ != nullptr && !co_await handshake(context_, origin)) co_return false;
  co_return !over();
}

Task<bool> Attempt::resolve(const Url& peer, Addresses& found) {
  const std::string host(peer.host());
  if (auto known = loop_.shared->resolver.at_hand(host, peer.port())) {
    found = *std::move(known);
  } else {
    // The answer comes from another thread: it is handed over through the loop, and dropped if
    // nobody waits any more.
    struct Inbox {
      std::optional<Addresses> addresses;
    };
    const auto inbox = std::make_shared<Inbox>();
    lookup_ = loop_.shared->resolver.look_up(
        host, [self = weak_from_this(), &io = loop_.io, inbox](Addresses addresses) {
          asio::post(io, [self, inbox, addresses = std::move(addresses)]() mutable {
            inbox->addresses = std::move(addresses);
            if (const auto attempt = self.lock()) attempt->gate_.cancel();
          });
        });
    while (!inbox->addresses && !over()) {
      co_await await_gate(saturating_add(steady_now(), k_lookup_patience));
      if (!inbox->addresses) loop_.shared->resolver.pass_by_slow(k_lookup_patience);
    }
    lookup_ = Resolver::Ticket();
    if (over()) co_return false;
    found = *std::move(inbox->addresses);
  }
  if (found.fault != Fault::none) co_return fail_to_reach(found.fault, std::move(found.detail));
  co_return true;
}

Task<bool> Attempt::reach(const Url& peer, const std::vector<asio::ip::address>& addresses) {
  struct Race {
    std::size_t pending = 0;
    std::optional<std::size_t> winner;
    error_code error;
  };
  const auto race = std::make_shared<Race>();
  std::size_t next = 0;
  while (!race->winner && !over()) {
    if (next < addresses.size()) {
      const std::size_t index = next++;
      const tcp::endpoint endpoint(addresses[index], peer.port());
      auto socket = std::make_shared<tcp::socket>(loop_.io);
      racing_.push_back(socket);
      error_code error;
      socket->open(endpoint.protocol(), error);
      if (error) {
        race->error = error;
        continue;
      }
      fcntl(socket->native_handle(), F_SETFD, FD_CLOEXEC);
      ++race->pending;
      socket->async_connect(endpoint,
                            [self = shared_from_this(), race, index](const error_code& result) {
                              --race->pending;
                              if (result) {
                                if (result != asio::error::operation_aborted) race->error = result;
                              } else if (!race->winner) {
                                race->winner = index;
                              }
                              self->gate_.cancel();
                            });
    } else if (race->pending == 0) {
      break;
    }
    const bool last = next == addresses.size();
    const std::size_t before = race->pending;
    const SteadyTime until = last ? SteadyTime::max() : saturating_add(steady_now(), k_stagger);
    while (!race->winner && !over() && race->pending == before && steady_now() < until)
      co_await await_gate(until);
  }
  std::shared_ptr<tcp::socket> won = race->winner ? racing_[*race->winner] : nullptr;
  racing_.clear();  // closes the others
  if (over()) co_return false;
  if (!won) {
    co_return fail_to_reach(connect_fault(race->error),
                            "connecting to " + peer.origin() + ": " + race->error.message(),
                            race->error.value());
  }
  connection_ = std::make_unique<Connection>(std::move(*won));
  co_return true;
}

// The stream's socket is asio's for TCP, and a descriptor is a descriptor: what it does with one is
// the same for both kinds.
Task<bool> Attempt::reach_unix_socket() {
  const std::string path(exchange_->unix_socket);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  while (!over()) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) co_return fail(Fault::local_failure, "a Unix socket cannot be made", errno);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
      connection_ = std::make_unique<Connection>(tcp::socket(loop_.io, tcp::v4(), fd));
      co_return true;
    }
    const int error = errno;
    ::close(fd);
    if (error != EAGAIN) {
      co_return fail(connect_fault(error_code(error, boost::system::system_category())),
                     "connecting to the Unix socket " + path + ": " + message_of(error), error);
    }
    // Its queue is full, and nothing tells when that ends.
    co_await await_gate(saturating_add(steady_now(), k_queue_patience));
  }
  co_return false;
}

Task<bool> Attempt::handshake(SSL_CTX* context, const Url& peer) {
  Stream& stream = connection_->stream;
  const std::string host(peer.host());
  stream.use_tls(context, host, exchange_->tls->verify);
  // Another server may stand behind a socket than behind the name.
  loop_.shared->sessions.attach(stream.ssl(), std::string(exchange_->unix_socket) + peer.origin());
  while (!over()) {
    const auto result = stream.handshake();
    if (result.state == Stream::State::done) co_return true;
    if (result.state == Stream::State::wants_read) {
      co_await await_readable();
    } else if (result.state == Stream::State::wants_write) {
      co_await await_writable();
    } else {
      TlsFailure failure = tls_failure(stream.ssl());
      if (stream.os_error() != 0)
        failure.detail = message_of(stream.os_error()) + " during the TLS handshake";
      if (&peer != exchange_->url) failure.detail.insert(0, "the proxy: ");
      loop_.shared->sessions.forget(stream.ssl());
      co_return fail(failure.fault, std::move(failure.detail), stream.os_error());
    }
  }
  co_return false;
}

Task<bool> Attempt::open_tunnel() {
  head_.clear();
  write_connect(*exchange_, head_);
  co_await send_all(head_);  // when that fails, the answer, or the end, says why
  std::string answer;
  while (!over()) {
    const auto result = connection_->stream.read(loop_.room.data(), loop_.room.size());
    const bool more = result.state == Stream::State::done;
    const bool ended = result.state == Stream::State::end || result.state == Stream::State::failed;
    if (more) answer.append(loop_.room.data(), result.count);
    TunnelAnswer tunnel = read_tunnel_answer(*exchange_, answer, ended, loop_.now().wall);
    if (tunnel.state == TunnelAnswer::State::open) co_return true;
    if (tunnel.state == TunnelAnswer::State::refused) {
      outcome_.retry_after = tunnel.retry_after;
      co_return fail(tunnel.fault, std::move(tunnel.detail));
    }
    if (!more) co_await await_readable();
  }
  co_return false;
}

// --- waiting
// --------------------------------------------------------------------------------------------------------

void Attempt::resume() {
  on_stack_ = true;
  std::exchange(waiting_, nullptr).resume();
  on_stack_ = false;
  if (idle()) loop_.take_back(*this);
}

Attempt::Wait Attempt::await_gate(SteadyTime until) {
  gate_.expires_at(until);
  return {*this, std::nullopt};
}

Attempt::Wait Attempt::await_readable() {
  return {*this, tcp::socket::wait_read};
}

// While uploading, an answer that begins to arrive ends the wait too.
Task<> Attempt::await_writable() {
  if (over()) co_return;
  if (!watching_) {
    co_await Wait(*this, tcp::socket::wait_write);
    co_return;
  }
  tcp::socket& socket = connection_->stream.socket();
  writable_ = false;
  socket.async_wait(tcp::socket::wait_write,
                    [self = shared_from_this(), generation = generation_](const error_code&) {
                      if (self->generation_ != generation) return;
                      self->writable_ = true;
                      self->gate_.cancel();
                    });
  while (!writable_ && !readable_ && !over()) co_await await_gate(SteadyTime::max());
}

// What the caller's sink or reader calls, from any thread, while it keeps the attempt waiting.
const std::function<void()>& Attempt::notify() {
  if (!notify_) {
    notify_ = [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (!self) return;
      asio::post(self->loop_.io, [self] {
        self->notified_ = true;
        self->gate_.cancel();
      });
    };
  }
  return notify_;
}

// True when the sink takes more. Who waits for the caller is not idle.
Task<bool> Attempt::await_sink() {
  while (!over()) {
    notified_ = false;
    if (sink_->wants_more(notify())) co_return true;
    limit(k_unlimited, Fault::deadline);
    while (!notified_ && !over()) co_await await_gate(SteadyTime::max());
    moved();
  }
  co_return false;
}

// True when there is something to send. False also for an answer that came first.
Task<bool> Attempt::await_reader(BodyReader& reader) {
  while (!over()) {
    if (readable_ && answered_early()) co_return false;
    notified_ = false;
    if (reader.is_ready(notify())) co_return true;
    limit(k_unlimited, Fault::deadline);
    while (!notified_ && !readable_ && !over()) co_await await_gate(SteadyTime::max());
    moved();
  }
  co_return false;
}

void Attempt::watch_for_answer() {
  watching_ = true;
  readable_ = false;
  connection_->stream.socket().async_wait(
      tcp::socket::wait_read,
      [self = shared_from_this(), generation = generation_](const error_code& error) {
        if (error || self->generation_ != generation) return;
        self->readable_ = true;
        self->gate_.cancel();
      });
}

// --- sending
// --------------------------------------------------------------------------------------------------------

// True when everything is sent. False without a fault: the peer closed, or a final answer came
// first.
Task<bool> Attempt::send_request() {
  const Body& body = *exchange_->body;
  head_.clear();
  write_request_head(*exchange_, head_);
  const auto memory = body.in_memory();
  const auto expect = exchange_->headers->get("Expect");
  outcome_.sent_expect = expect.has_value() && !body.absent() && iequals(*expect, "100-continue");

  limit(exchange_->limits.attempt, Fault::attempt_timeout);
  if (memory && !outcome_.sent_expect && memory->size() <= k_joined) {
    head_.append(*memory);
    const auto result = connection_->stream.write(head_);  // nearly always all there is to do
    const std::size_t count = result.state == Stream::State::done ? result.count : 0;
    if (count == head_.size()) co_return true;
    if (result.state != Stream::State::failed)
      co_return co_await send_all(std::string_view(head_).substr(count));
    upload_unfinished_ = true;
    co_return false;
  }
  if (body.streamed()) {
    idle_counts_ = true;
    moved();
  }
  watch_for_answer();
  if (!co_await send_all(head_)) co_return false;
  if (outcome_.sent_expect && !co_await await_continue()) co_return false;
  const bool sent = memory ? co_await send_all(*memory) : co_await send_streamed();
  watching_ = false;
  if (sent && idle_counts_) {
    idle_counts_ = false;
    limit(exchange_->limits.attempt, Fault::attempt_timeout);
  }
  co_return sent;
}

Task<bool> Attempt::send_all(std::string_view bytes) {
  if (bytes.size() > k_watch_from && !watching_) watch_for_answer();
  Stream& stream = connection_->stream;
  while (!bytes.empty()) {
    if (over()) co_return false;
    if (readable_ && answered_early()) co_return false;
    const auto result = stream.write(bytes);
    switch (result.state) {
      case Stream::State::done:
        bytes.remove_prefix(result.count);
        moved();
        break;
      case Stream::State::wants_write:
        co_await await_writable();
        break;
      case Stream::State::wants_read:
        co_await await_readable();
        break;
      case Stream::State::end:
      case Stream::State::failed:
        upload_unfinished_ = true;
        co_return false;
    }
  }
  co_return !over();
}

Task<bool> Attempt::send_streamed() {
  const bool chunked = !exchange_->body->length().has_value();
  std::uint64_t left = exchange_->body->length().value_or(0);
  std::unique_ptr<BodyReader> reader;
  std::string piece;
  for (bool at_end = false; !at_end;) {
    std::size_t count = 0;
    try {
      if (!reader) reader = exchange_->body->open();
      if (!reader->is_ready(notify()) && !co_await await_reader(*reader)) co_return false;
      count = reader->read(loop_.room.data(), loop_.room.size());
    } catch (const std::exception& error) {
      co_return fail(Fault::upload_failed, error.what());
    } catch (...) {
      co_return fail(Fault::upload_failed, k_unknown_exception);
    }
    at_end = count == 0;
    // A body that is shorter or longer than announced must never pass for a complete request.
    if (!chunked && (count > left || (at_end && left > 0))) {
      co_return fail(Fault::upload_failed, "the request body has another length than announced");
    }
    piece.clear();
    if (chunked) {
      char size[20];
      const int digits = std::snprintf(size, sizeof size, "%zx\r\n", count);
      piece.append(size, static_cast<std::size_t>(digits))
          .append(loop_.room.data(), count)
          .append("\r\n");
    } else {
      left -= count;
      piece.assign(loop_.room.data(), count);
    }
    if (!co_await send_all(piece)) co_return false;
  }
  co_return true;
}

// RFC 9110 §10.1.1: the body follows after 100, or after a while without an answer.
Task<bool> Attempt::await_continue() {
  const SteadyTime patience = saturating_add(steady_now(), k_continue_patience);
  while (!over() && steady_now() < patience) {
    if (!readable_) {
      co_await await_gate(patience);
      continue;
    }
    const std::uint32_t before = interim_;
    if (answered_early()) co_return false;
    if (interim_ > before || head_received_) co_return !over();
  }
  co_return !over();
}

// Reads what has come while we were sending. True: stop sending, an answer turns the request away,
// or nothing more will come.
bool Attempt::answered_early() {
  readable_ = false;
  const bool open = read_some();
  const Head head = parse_head();
  const bool turned_away = head == Head::complete && !wants_the_rest(exchange_->response.status);
  if (turned_away || head == Head::failed || !open || at_end_) {
    upload_unfinished_ = true;
    return true;
  }
  if (connection_->buffer.size() - begin_ < k_most_ahead) watch_for_answer();
  return false;
}

// --- receiving
// ------------------------------------------------------------------------------------------------------

// Appends what is there. False when the connection failed.
bool Attempt::read_some() {
  const auto result = connection_->stream.read(loop_.room.data(), loop_.room.size());
  if (result.state == Stream::State::done)
    connection_->buffer.append(loop_.room.data(), result.count);
  return note_read(result, loop_.room.size());
}

bool Attempt::note_read(const Stream::Result& result, std::size_t room) {
  // OpenSSL hands out a record at a time, and may hold the next.
  more_is_likely_ =
      result.state == Stream::State::done && (result.count == room || connection_->stream.is_tls());
  switch (result.state) {
    case Stream::State::done:
      moved();
      return true;
    case Stream::State::end:
      at_end_ = true;
      return true;
    case Stream::State::wants_read:
    case Stream::State::wants_write:
      return true;
    case Stream::State::failed:
      return false;
  }
  return false;
}

// Waits for bytes or the end. False when the attempt is over.
Task<bool> Attempt::receive_more() {
  Stream& stream = connection_->stream;
  bool look_first = more_is_likely_ || !stream.sealed().empty();
  const std::size_t before = connection_->buffer.size();
  while (!over()) {
    bool open = true;
    if (look_first) {
      look_first = false;
      open = read_some();
    } else {
      const auto result = co_await ReadByLoop(*this);
      if (over()) break;
      open = stream.is_tls() ? read_some() : note_read(result, k_first_read);
    }
    if (over()) break;
    if (!open) co_return fail_read();
    if (connection_->buffer.size() > before || at_end_) co_return true;
  }
  co_return false;
}

bool Attempt::fail_read() {
  Stream& stream = connection_->stream;
  if (head_received_) {
    const std::string why =
        stream.tls_error().empty() ? message_of(stream.os_error()) : stream.tls_error();
    return fail_body(BodyVerdict::cut, why);
  }
  if (stream.got_alert()) return fail(Fault::tls_alert_late, stream.tls_error());
  return fail(Fault::reset, stream.tls_error(), stream.os_error());
}

Task<bool> Attempt::receive_head() {
  for (;;) {
    const Head head = parse_head();
    if (head == Head::complete) co_return true;
    if (head == Head::failed) co_return false;
    if (at_end_) {
      const bool nothing = connection_->buffer.size() == begin_;
      co_return fail(nothing ? Fault::closed : Fault::head_cut,
                     nothing ? "the connection was closed without an answer"
                             : "the answer ended inside its head");
    }
    if (!co_await receive_more()) co_return false;
  }
}

Attempt::Head Attempt::parse_head() {
  if (head_received_) return Head::complete;
  const std::string& buffer = connection_->buffer;
  for (;;) {
    const std::string_view bytes = std::string_view(buffer).substr(begin_);
    const std::size_t size = end_of_head(bytes, scanned_);
    const std::size_t seen = size == std::string_view::npos ? bytes.size() : size;
    if (seen > exchange_->receive.head_bytes) {
      fail(Fault::head_too_large, "the answer's head is larger than " +
                                      std::to_string(exchange_->receive.head_bytes) + " bytes");
      return Head::failed;
    }
    if (size == std::string_view::npos) {
      scanned_ = bytes.size();
      return Head::incomplete;
    }
    const NormalHead head = normalise_head(bytes.substr(0, size));
    begin_ += size;
    scanned_ = 0;
    if (head.error || head.status == 101) {
      fail(Fault::head_malformed, head.error.value_or("an upgrade nobody asked for"));
      return Head::failed;
    }
    if (head.status >= 200) return accept_final_head(head.text()) ? Head::complete : Head::failed;
    if (++interim_ > exchange_->receive.interim_answers) {
      fail(Fault::head_too_large,
           "more interim answers than " + std::to_string(exchange_->receive.interim_answers));
      return Head::failed;
    }
  }
}

bool Attempt::accept_final_head(std::string_view text) {
  exchange_->response = ReceivedResponse();
  parser_ = std::make_unique<AnswerParser>(exchange_->response, exchange_->receive,
                                           exchange_->method == "HEAD");
  error_code error;
  parser_->put(asio::buffer(text.data(), text.size()), error);
  if (error && error != boost::beast::http::error::need_more) {
    const bool large = parser_->too_many_fields();
    return fail(large ? Fault::head_too_large : Fault::head_malformed, error.message());
  }
  if (!parser_->head_done()) return fail(Fault::head_malformed, "the answer's head does not parse");
  head_received_ = true;
  return true;
}

Task<> Attempt::receive_body() {
  sink_ = exchange_->head(exchange_->response);
  decoder_.emplace(exchange_->response.headers, exchange_->decode_content, exchange_->receive,
                   [this](std::string_view piece) {
                     if (sink_ != nullptr) return sink_->write(piece);
                     exchange_->response.body.append(piece);
                     return true;
                   });
  parser_->set_decoder(&*decoder_);
  if (sink_ != nullptr) {
    idle_counts_ = true;
    moved();
  }
  for (;;) {
    if (!feed_body()) co_return;
    if (parser_->is_done()) co_return complete_body();
    const bool pauses = sink_ != nullptr && !sink_->wants_more(notify());
    if (pauses && !co_await await_sink()) co_return;
    if (!at_end_) {
      if (!co_await receive_more()) co_return;
      continue;
    }
    // RFC 9112 §8, §9.8: only a close-delimited body ends with the connection, and over TLS only
    // with close_notify.
    if (!parser_->need_eof() || !connection_->stream.closed_cleanly()) {
      fail_body(BodyVerdict::cut, "the connection ended before the body did");
      co_return;
    }
    error_code error;
    parser_->put_eof(error);
    if (error) {
      fail_body(BodyVerdict::cut, error.message());
      co_return;
    }
    co_return complete_body();
  }
}

// Gives the parser what is in the buffer. False when the body cannot be used.
bool Attempt::feed_body() {
  std::string& buffer = connection_->buffer;
  while (begin_ < buffer.size() && !parser_->is_done()) {
    error_code error;
    const std::size_t used =
        parser_->put(asio::buffer(buffer.data() + begin_, buffer.size() - begin_), error);
    begin_ += used;
    fed_ += used;
    if (parser_->verdict() != BodyVerdict::whole)
      return fail_body(parser_->verdict(), "refused while it arrived");
    if (error && error != boost::beast::http::error::need_more)
      return fail_body(BodyVerdict::cut, error.message());
    if (used == 0) break;
  }
  // Chunk extensions cost the server nothing, and count as no body.
  const std::uint64_t framing = fed_ - decoder_->received();
  if (framing > exchange_->receive.head_bytes + k_most_framing * decoder_->received())
    return fail_body(BodyVerdict::too_large, "far more chunk framing than content");
  // What the parser cannot take a part of: the line of a chunk, or the trailer section.
  if (!parser_->is_done() && buffer.size() - begin_ > exchange_->receive.head_bytes)
    return fail_body(BodyVerdict::too_large, "a chunk's line or a trailer section without end");
  if (begin_ == buffer.size()) {
    buffer.clear();
    begin_ = 0;
  } else if (begin_ > loop_.room.size()) {
    buffer.erase(0, begin_);
    begin_ = 0;
  }
  return true;
}

void Attempt::complete_body() {
  const BodyVerdict verdict = decoder_->finish(parser_->need_eof());
  if (verdict != BodyVerdict::whole) {
    fail_body(verdict, "the content coding ends early");
    return;
  }
  body_complete_ = !over();
}

}  // namespace wire
}  // namespace v0
}  // namespace redial

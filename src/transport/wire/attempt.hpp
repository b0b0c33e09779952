#pragma once

#include <coroutine>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include "transport/wire/decode.hpp"
#include "transport/wire/loop.hpp"
#include "transport/wire/task.hpp"

namespace redial {
inline namespace v0 {
namespace wire {

class AnswerParser;

/// One physical send, from look-up to the last byte of the answer: a coroutine on its loop, and the
/// limits over it.
///
/// Whatever ends it early (a limit, cancellation) sets `fault_` once and closes what it waits on;
/// the coroutine then unwinds, and the evidence is read off the connection: nothing accepted by the
/// kernel, something, or a whole head.
class Attempt : public std::enable_shared_from_this<Attempt> {
 public:
  explicit Attempt(Loop& loop);
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;
  ~Attempt();

  bool idle() const noexcept { return exchange_ == nullptr && !on_stack_; }
  void start(Exchange& exchange);
  void end(Fault fault);

  std::size_t place = 0;  ///< the loop's own

 private:
  struct Resume;
  class Wait;
  class ReadByLoop;
  enum class Head { complete, incomplete, failed };

  Task<> run();
  Task<> exchange();
  // Each of these is true when the attempt can go on.
  Task<bool> take_place();
  Task<bool> connect();
  Task<bool> resolve(const Url& peer, Addresses& found);
  Task<bool> reach_unix_socket();
  Task<bool> reach(const Url& peer, const std::vector<boost::asio::ip::address>& addresses);
  Task<bool> handshake(SSL_CTX* context, const Url& peer);
  Task<bool> open_tunnel();
  Task<bool> send_request();
  Task<bool> send_all(std::string_view bytes);
  Task<bool> send_streamed();
  Task<bool> await_continue();
  Task<> await_writable();
  Task<bool> await_sink();
  Task<bool> await_reader(BodyReader& reader);
  const std::function<void()>& notify();
  Wait await_readable();
  Wait await_gate(SteadyTime until);
  Task<bool> receive_more();
  Task<bool> receive_head();
  Task<> receive_body();

  bool read_some();
  bool note_read(const Stream::Result& result, std::size_t room);
  bool answered_early();
  Head parse_head();
  bool accept_final_head(std::string_view text);
  bool feed_body();
  void complete_body();
  bool fail(Fault fault, std::string detail = {}, int os_error = 0);
  bool fail_to_reach(Fault fault, std::string detail, int os_error = 0);
  bool fail_body(BodyVerdict verdict, std::string detail = {});
  bool fail_read();
  void watch_for_answer();
  void limit(Duration span, Fault fault);
  void moved();
  void arm();
  void resume();
  void reset();
  void begin_on_connection();
  void finish();
  void keep_connection() noexcept;
  bool over() const noexcept { return fault_ != Fault::none; }

  Loop& loop_;
  boost::asio::steady_timer timer_;  // limits; left running between attempts, checked when it fires
  boost::asio::steady_timer
      gate_;  // what the coroutine sleeps on when it waits for more than one thing
  SteadyTime armed_ = SteadyTime::max();
  std::uint64_t generation_ = 0;  // tells handlers of an earlier attempt apart

  Exchange* exchange_ = nullptr;
  SSL_CTX* context_ = nullptr;        // of the exchange's TLS options; null without TLS
  SSL_CTX* proxy_context_ = nullptr;  // to an https proxy
  std::unique_ptr<Connection> connection_;
  std::vector<std::shared_ptr<boost::asio::ip::tcp::socket>> racing_;
  Resolver::Ticket lookup_;
  Outcome outcome_;
  Fault fault_ = Fault::none;  // why it is over before its end
  SteadyTime limit_at_ = SteadyTime::max();
  Fault limit_fault_ = Fault::none;
  bool idle_counts_ = false;  // bytes that move push the limit back
  bool head_received_ = false;
  bool body_complete_ = false;
  bool upload_unfinished_ = false;  // the connection cannot be used again
  bool watching_ = false;
  bool readable_ = false;  // while uploading: an answer may be waiting
  bool writable_ = false;
  bool notified_ = false;        // by the caller's sink or reader
  bool at_end_ = false;          // the peer sends no more
  bool more_is_likely_ = false;  // the last read filled its room
  std::uint32_t interim_ = 0;
  std::size_t begin_ = 0;  // unread part of connection_->buffer
  std::size_t scanned_ = 0;
  std::uint64_t fed_ = 0;  // of the body, with its framing
  std::string head_;       // reused
  std::string origin_;     // reused
  Places::Place connection_place_;
  std::unique_ptr<AnswerParser> parser_;
  std::optional<Decoder> decoder_;
  Exchange::Sink* sink_ = nullptr;
  std::function<void()> notify_;  // made when it is first needed
  Task<> running_;
  std::coroutine_handle<> waiting_;  // what the wait under way will resume
  bool on_stack_ = false;
};

}  // namespace wire
}  // namespace v0
}  // namespace redial

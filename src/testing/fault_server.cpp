#include <redial/testing/fault_server.hpp>

#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>

#include <sys/socket.h>

#include "testing/acceptor.hpp"
#include "testing/answer.hpp"
#include "testing/begin.hpp"
#include "testing/channel.hpp"
#include "testing/ranges.hpp"
#include "testing/rules.hpp"

namespace redial {
inline namespace v0 {
namespace testing {
namespace {

using Ends = Acceptor::Ends;
using Connection = Acceptor::Connection;
using OnAccept = FaultServer::OnAccept;

}  // namespace

struct FaultServer::State {
  explicit State(Options given)
      : options(std::move(given)),
        clock(options.clock ? options.clock : real_clock()),
        rules({options.seed, options.id_header, clock}),
        accept_rules({options.seed, {}, clock, 1000}),
        handshake_rules({options.seed, {}, clock, 2000}),
        keys(options.keys, clock),
        sockets(options.port, options.listen, [this](Connection& one) { serve(one); }) {
    if (options.tls != Tls::none) {
      authority.emplace();
      add_context({.certificate = options.tls});
      ca_file.emplace(authority->certificate());
      if (options.demands_client_certificate) {
        const TestCertificate client = authority->good();
        client_file.emplace(client.certificate + client.key);
      }
    }
    sockets.start();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { sockets.stop(); }

  std::mutex& mutex() const { return sockets.mutex; }

  SSL_CTX* add_context(const Handshake& what) {
    const int version = what.max_version != 0 ? what.max_version : options.max_tls_version;
    contexts.push_back(make_server_context(certificate_of(*authority, what.certificate), version));
    SSL_CTX* const context = contexts.back().get();
    if (options.demands_client_certificate) demand_client_certificate(context, *authority);
    return context;
  }

  struct Plan {
    OnAccept accept = OnAccept::serve;
    SSL_CTX* context = nullptr;  // null: no TLS
  };
  Plan plan_for(const Connection& connection) {
    const std::lock_guard lock(mutex());
    Plan plan;
    if (!contexts.empty()) plan.context = contexts.front().get();
    handshake_rules.at_connection(connection.number,
                                  [&](SSL_CTX* context) { plan.context = context; });
    accept_rules.at_connection(connection.number, [&](OnAccept what) { plan.accept = what; });
    if (accept_plan.empty()) return plan;
    plan.accept = accept_plan.front();
    accept_plan.erase(accept_plan.begin());
    return plan;
  }

  void serve(Connection& connection) {
    Channel channel(connection.fd);
    Ends ends = Ends::goodbye;
    const Plan plan = plan_for(connection);
    if (begins(channel, plan.accept, ends)) {
      if (plan.context == nullptr || channel.accept_tls(plan.context)) {
        while (serve_one(connection, channel)) {
        }
      } else {
        channel.let_go();  // our alert is out: no reset may overtake it
        ends = Ends::silently;
      }
    }
    const std::lock_guard lock(mutex());
    if (ends == Ends::goodbye) ends = connection.ends;
    connection.idle = false;
    if (ends == Ends::goodbye && options.close_notify) channel.say_goodbye();
    if (ends == Ends::reset) channel.reset();
  }

  // With the mutex held.
  Reply next_reply(const RecordedRequest& request) {
    const std::string path = request.target.substr(0, request.target.find('?'));
    for (const std::string& route : {request.method + " " + path, path, std::string()}) {
      if (const auto compute = computed.find(route); compute != computed.end())
        return compute->second(request);
      const auto found = routes.find(route);
      if (found == routes.end() || found->second.empty()) continue;
      Reply reply = found->second.front();
      if (found->second.size() > 1) found->second.erase(found->second.begin());
      return reply;
    }
    return {.status = 404, .reason = "Not Found"};
  }

  void record(RecordedRequest& request, Reply& reply) {
    const std::lock_guard lock(mutex());
    keys.judge(request, reply);
    effects += request.acted ? 1 : 0;
    request.number = ++numbered;
    note_answer(reply, request);
    if (options.on_request) options.on_request(request);
    if (options.keep_requests) requests.push_back(request);
    sockets.changed.notify_all();
  }

  // The head of a request and what is to become of it; nullopt when the connection is over.
  std::optional<RecordedRequest> next_request(Connection& connection, Channel& channel,
                                              std::string& buffer, Reply& reply) {
    {
      const std::lock_guard lock(mutex());
      connection.idle = true;
      sockets.changed.notify_all();
    }
    auto request = read_head(channel, buffer);
    const std::lock_guard lock(mutex());
    connection.idle = false;
    if (!request || sockets.over()) return std::nullopt;
    request->connection = connection.number;
    request->on_connection = ++connection.requests;
    channel.note_tls(*request);
    reply = next_reply(*request);
    rules.at(*request, [&](const auto& change) { change(reply); });
    apply_range(*request, reply);
    return request;
  }

  // Reads the body as far as the reply says.
  static void read_rest(Channel& channel, std::string& buffer, const Reply& reply,
                        RecordedRequest& request) {
    using Fault = Reply::Fault;
    const bool head_whole = request.complete;
    request.complete = false;
    if (!head_whole || reply.early || reply.fault == Fault::close_after_head) return;
    const bool in_upload = reply.fault == Fault::close_in_upload ||
                           reply.fault == Fault::reset_in_upload ||
                           reply.fault == Fault::stop_reading;
    if (iequals(request.header("Expect"), "100-continue") && reply.status != 417 &&
        !reply.ignores_expect)
      channel.write("HTTP/1.1 100 Continue\r\n\r\n");
    if (in_upload) {
      read_body(channel, buffer, request, reply.upload_read);
    } else {
      request.complete = read_body(channel, buffer, request);
    }
  }

  // False when the connection is over.
  bool serve_one(Connection& connection, Channel& channel) {
    using Fault = Reply::Fault;
    std::string buffer;
    Reply reply;
    auto request = next_request(connection, channel, buffer, reply);
    if (!request) return false;
    const bool head_whole = request->complete;
    if (!head_whole) reply.early = false;  // there is nobody left to be answered
    read_rest(channel, buffer, reply, *request);
    record(*request, reply);
    if (!head_whole) return false;
    switch (reply.fault) {
      case Fault::close_after_head:
        return false;
      case Fault::close_in_upload:
        channel.let_go();
        return end(connection, Ends::silently);
      case Fault::reset_in_upload:
        return end(connection, Ends::reset);
      case Fault::stop_reading:
        channel.stall();
        return end(connection, Ends::silently);
      default:
        break;
    }
    if (!request->complete && !reply.early) return false;
    const Answered answered = write_answer(channel, reply, request->method == "HEAD");
    if (!answered.open || reply.early) {
      if (reply.drains) channel.let_go();
      return end(connection, answered.ends);
    }
    return stays_open(connection, channel, reply);
  }

  bool end(Connection& connection, Ends how) {
    const std::lock_guard lock(mutex());
    connection.ends = how;
    return false;
  }

  // What happens while the connection is idle.
  bool stays_open(Connection& connection, Channel& channel, const Reply& reply) {
    if (reply.idle == Reply::Idle::keep && reply.idle_bytes.empty()) return true;
    if (!channel.pause(reply.delay_idle)) return false;
    channel.write(reply.idle_bytes);
    channel.await_delivery();  // when it is told, the client can see it
    const std::lock_guard lock(mutex());
    if (reply.idle == Reply::Idle::keep) {
      ++idle_events;
      sockets.changed.notify_all();
      return true;
    }
    connection.ended_idle = true;
    connection.ends = reply.idle == Reply::Idle::reset ? Ends::reset : Ends::goodbye;
    return false;
  }

  // With the mutex held. An end counts when it is done.
  int count_idle_events() const {
    int count = idle_events;
    for (const auto& one : sockets.connections()) count += one->gone && one->ended_idle ? 1 : 0;
    return count;
  }

  const Options options;
  const std::shared_ptr<Clock> clock;
  std::optional<TestAuthority> authority;
  std::vector<ServerContext> contexts;  // the first is what connections are shown without a rule
  std::optional<TemporaryFile> ca_file;
  std::optional<TemporaryFile> client_file;
  std::map<std::string, std::vector<Reply>> routes;
  std::map<std::string, std::function<Reply(const RecordedRequest&)>> computed;
  std::vector<OnAccept> accept_plan;
  Rules<std::function<void(Reply&)>> rules;
  Rules<OnAccept> accept_rules;
  Rules<SSL_CTX*> handshake_rules;
  Keys keys;
  std::vector<RecordedRequest> requests;
  int numbered = 0;
  int effects = 0;
  int idle_events = 0;
  Acceptor sockets;  // last: its threads use the rest
};

FaultServer::FaultServer() : FaultServer(Options{}) {}
FaultServer::FaultServer(Options options) : state_(std::make_unique<State>(std::move(options))) {}
FaultServer::~FaultServer() = default;

void FaultServer::in_turn(std::string_view route, std::vector<Reply> replies) {
  const std::lock_guard lock(state_->mutex());
  state_->routes[std::string(route)] = std::move(replies);
  state_->computed.erase(std::string(route));
}

void FaultServer::answer_with(std::string_view route,
                              std::function<Reply(const RecordedRequest&)> compute) {
  const std::lock_guard lock(state_->mutex());
  state_->routes.erase(std::string(route));
  state_->computed[std::string(route)] = std::move(compute);
}

void FaultServer::on(std::string_view route, Reply reply) {
  in_turn(route, std::vector<Reply>{std::move(reply)});
}

void FaultServer::on_accept(std::vector<OnAccept> plan) {
  const std::lock_guard lock(state_->mutex());
  state_->accept_plan = std::move(plan);
}

void FaultServer::when_accepted(When which, OnAccept what) {
  const std::lock_guard lock(state_->mutex());
  state_->accept_rules.add(std::move(which), what);
}

void FaultServer::when_accepted(When which, Handshake what) {
  const std::lock_guard lock(state_->mutex());
  if (!state_->authority)
    throw std::invalid_argument("FaultServer: a handshake goes wrong over TLS alone");
  state_->handshake_rules.add(std::move(which), state_->add_context(what));
}

void FaultServer::when(When which, std::function<void(Reply&)> change) {
  const std::lock_guard lock(state_->mutex());
  state_->rules.add(std::move(which), std::move(change));
}

void FaultServer::when(When which, Reply instead) {
  when(std::move(which), [instead = std::move(instead)](Reply& reply) { reply = instead; });
}

std::uint16_t FaultServer::port() const {
  return state_->sockets.port();
}

std::string FaultServer::url(std::string_view path) const {
  return (state_->options.tls == Tls::none ? "http://127.0.0.1:" : "https://127.0.0.1:") +
         std::to_string(port()) + std::string(path);
}

std::string FaultServer::ca_file() const {
  return state_->ca_file ? state_->ca_file->path() : "";
}

std::string FaultServer::client_certificate_file() const {
  return state_->client_file ? state_->client_file->path() : "";
}

std::vector<RecordedRequest> FaultServer::requests() const {
  const std::lock_guard lock(state_->mutex());
  return state_->requests;
}

int FaultServer::connections() const {
  const std::lock_guard lock(state_->mutex());
  return static_cast<int>(state_->sockets.connections().size());
}

int FaultServer::effects() const {
  const std::lock_guard lock(state_->mutex());
  return state_->effects;
}

bool FaultServer::wait_for_requests(std::size_t count, std::chrono::milliseconds patience) const {
  std::unique_lock lock(state_->mutex());
  return state_->sockets.changed.wait_for(lock, patience,
                                          [&] { return state_->requests.size() >= count; });
}

bool FaultServer::wait_for_idle_events(int count, std::chrono::milliseconds patience) const {
  std::unique_lock lock(state_->mutex());
  return state_->sockets.changed.wait_for(lock, patience,
                                          [&] { return state_->count_idle_events() >= count; });
}

void FaultServer::end_idle_connections(Goodbye how) {
  Acceptor& sockets = state_->sockets;
  std::unique_lock lock(sockets.mutex);
  sockets.changed.wait(lock, [&] { return sockets.all_idle(); });
  for (auto& one : sockets.connections()) {
    if (one->gone) continue;
    one->ends = how == Goodbye::reset ? Ends::reset : Ends::goodbye;
    shutdown(one->fd, SHUT_RD);  // wakes its thread, which ends it
  }
  sockets.changed.wait(lock, [&] { return sockets.all_gone(); });
}

void FaultServer::send_unsolicited(std::string_view bytes) {
  Acceptor& sockets = state_->sockets;
  std::unique_lock lock(sockets.mutex);
  sockets.changed.wait(lock, [&] { return sockets.all_idle(); });
  for (auto& one : sockets.connections()) {
    // Plain only: a TLS connection's thread sits in SSL_read.
    if (!one->gone) ::send(one->fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
}

}  // namespace testing
}  // namespace v0
}  // namespace redial

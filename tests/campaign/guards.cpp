#include "guards.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

// How each guard is taken out: by an option where there is one that says so, by a transport between
// the engine and the wire that lies, and for the one that is inside the wire by the linker
// (--wrap, CMakeLists.txt). There is no switch for any of it in redial.

namespace campaign {
namespace {

using namespace redial;

std::atomic<bool> idle_connections_are_trusted = false;

// Stands between the driver's exchange and the wire.
class Liar final : public Exchange {
 public:
  Liar(Guard guard, std::shared_ptr<Transport> wire, Exchange& original)
      : guard_(guard), wire_(std::move(wire)), original_(original) {
    method = original.method;
    url = original.url;
    headers = original.headers;
    body = original.body;
    tls = original.tls;
    proxy = original.proxy;
    limits = original.limits;
    receive = original.receive;
    fresh_connection = original.fresh_connection;
    decode_content = original.decode_content;
    if (guard == Guard::key) renew_key();
  }

  Sink* head(ReceivedResponse& received) override {
    Sink* const sink = original_.head(received);
    receive = original_.receive;
    return sink;
  }

  void finished(Outcome outcome) override {
    const std::unique_ptr<Liar> self(this);
    lie(outcome);
    original_.response = std::move(response);
    original_.transport_state = nullptr;
    original_.finished(std::move(outcome));
  }

 private:
  class Again;

  void renew_key() {
    const auto key = headers->get("Idempotency-Key");
    if (!key) return;
    static std::atomic<int> sends = 0;
    other_ = *headers;
    other_.set("Idempotency-Key", std::string(*key) + "-" + std::to_string(++sends));
    headers = &other_;
  }

  void lie(Outcome& outcome) {
    const bool is_lost = outcome.evidence == Evidence::maybe;
    if (guard_ == Guard::evidence && is_lost) outcome.evidence = Evidence::not_sent;
    if (guard_ == Guard::one_send && is_lost && outcome.connection_reused) send_again(outcome);
    if (guard_ == Guard::head && outcome.fault == Fault::head_cut) {
      response = ReceivedResponse();
      response.status = 200;
      original_.head(response);
      accept(outcome);
    }
    if (guard_ == Guard::body && outcome.body == BodyVerdict::cut) accept(outcome);
  }

  void accept(Outcome& outcome) const {
    outcome.evidence = Evidence::responded;
    outcome.status = response.status;
    outcome.fault = Fault::none;
    outcome.body = BodyVerdict::whole;
  }

  void send_again(Outcome& outcome);

  const Guard guard_;
  const std::shared_ptr<Transport> wire_;
  Exchange& original_;
  Headers other_;
};

// The second send that nobody is told of, as libcurl makes it; on a loop of its own.
class Liar::Again final : public Exchange {
 public:
  explicit Again(Liar& first) : first_(first) {
    method = first.method;
    url = first.url;
    headers = first.headers;
    body = first.body;
    tls = first.tls;
    limits = first.limits;
    receive = first.receive;
    fresh_connection = true;
  }
  Sink* head(ReceivedResponse& received) override { return first_.head(received); }
  void finished(Outcome outcome) override { came = std::move(outcome); }
  std::optional<Outcome> came;

 private:
  Liar& first_;
};

void Liar::send_again(Outcome& outcome) {
  Again again(*this);
  const auto loop = wire_->lease();
  wire_->start(*loop, again);
  while (!again.came) loop->run(loop->now().steady + std::chrono::seconds{1});
  const int attempt = outcome.attempt;
  outcome = *std::move(again.came);
  outcome.attempt = attempt;
  response = std::move(again.response);
}

class LyingTransport final : public Transport {
 public:
  LyingTransport(Guard guard, std::shared_ptr<Transport> wire)
      : guard_(guard), wire_(std::move(wire)) {}
  std::shared_ptr<EventLoop> lease() override { return wire_->lease(); }
  void start(EventLoop& loop, Exchange& exchange) override {
    auto* const liar = new Liar(guard_, wire_, exchange);  // NOLINT: `finished` deletes it
    exchange.transport_state = liar;
    wire_->start(loop, *liar);
  }
  void cancel(EventLoop& loop, Exchange& exchange) override {
    if (exchange.transport_state != nullptr)
      wire_->cancel(loop, *static_cast<Liar*>(exchange.transport_state));
  }

 private:
  const Guard guard_;
  const std::shared_ptr<Transport> wire_;
};

}  // namespace

const GuardInfo* guard_of(std::string_view name) {
  const auto* const found = std::find_if(k_guards.begin(), k_guards.end(),
                                         [&](const GuardInfo& one) { return one.name == name; });
  return found == k_guards.end() ? nullptr : found;
}

std::shared_ptr<Transport> without(std::optional<Guard> guard,
                                   std::shared_ptr<Transport> transport) {
  if (!guard) return transport;
  return std::make_shared<LyingTransport>(*guard, std::move(transport));
}

void take_out(std::optional<Guard> guard, Retry& retry) {
  if (guard == Guard::status_gate) {
    retry.not_processed = {408, 417, 421, 425, 429, 500, 502, 503, 504};
  }
  if (guard == Guard::unsent) retry.connect = 0;
}

void take_out(std::optional<Guard> guard, RequestOptions& options) {
  if (guard == Guard::gate) options.idempotent = Idempotent::yes;
}

void take_out(std::optional<Guard> guard, CallReport& report) {
  if (guard == Guard::doubt && report.outcome == CallOutcome::in_doubt)
    report.outcome = CallOutcome::failed;
}

void trust_idle_connections(bool trust) {
  idle_connections_are_trusted = trust;
}

}  // namespace campaign

// wire::Stream::is_quiet, as the linker sees it.
extern "C" {
// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-identifier-naming)
bool __real__ZN6redial2v04wire6Stream8is_quietEv(void* stream);
bool __wrap__ZN6redial2v04wire6Stream8is_quietEv(void* stream);
bool __wrap__ZN6redial2v04wire6Stream8is_quietEv(void* stream) {
  return campaign::idle_connections_are_trusted ||
         __real__ZN6redial2v04wire6Stream8is_quietEv(stream);
}
// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-identifier-naming)
}

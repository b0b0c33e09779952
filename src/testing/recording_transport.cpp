#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

#include <redial/http/redact.hpp>
#include <redial/testing/cassette.hpp>
#include <redial/transport/wire.hpp>

#include "testing/redact.hpp"

namespace redial {
inline namespace v0 {
namespace testing {

struct RecordingTransport::State {
  explicit State(Redaction given) : redaction(std::move(given)) {}

  const Redaction redaction;
  mutable std::mutex mutex;
  std::vector<std::optional<Interaction>> interactions;  // in the order of their beginning
  std::vector<std::unique_ptr<Tap>> under_way;
};

/// Stands between a driver's exchange and the transport under it: hands everything on, and keeps a
/// copy.
class RecordingTransport::Tap final : public Exchange, public Exchange::Sink {
 public:
  Tap(Exchange& original, std::shared_ptr<State> state, SteadyTime begun, std::size_t number)
      : Exchange(original),  // everything that is to be sent, whatever comes to it later
        original_(original),
        state_(std::move(state)),
        begun_(begun),
        number_(number) {
    interaction_ = {.method = std::string(original.method),
                    .url = original.url->redacted(state_->redaction.query_names),
                    .headers = *original.headers};
    if (const auto bytes = original.body->in_memory()) {
      interaction_.body = *bytes;
    } else {
      copied_ = Body::reader(std::make_unique<CopyingReader>(*original.body, interaction_.body),
                             original.body->length());
      body = &copied_;
    }
  }
  Tap(const Tap&) = delete;
  Tap& operator=(const Tap&) = delete;
  ~Tap() override = default;

  bool stands_for(const Exchange& exchange) const { return &exchange == &original_; }
  void run_on(EventLoop& loop) { loop_ = &loop; }

  Exchange::Sink* head(ReceivedResponse& received) override {
    sink_ = original_.head(received);
    receive = original_.receive;
    return sink_ == nullptr ? nullptr : this;
  }

  bool write(std::string_view piece) override {
    streamed_ += piece;
    return sink_->write(piece);
  }

  bool wants_more(const std::function<void()>& ready) override { return sink_->wants_more(ready); }

  void finished(Outcome outcome) override {
    const auto self = record(outcome);  // lives until the end of this function
    original_.response = std::move(response);
    original_.transport_state = nullptr;
    original_.finished(std::move(outcome));
  }

 private:
  class CopyingReader final : public BodyReader {
   public:
    CopyingReader(const Body& body, std::string& copy) : body_(body), copy_(copy) {}
    std::size_t read(char* into, std::size_t size) override {
      const std::size_t count = reader().read(into, size);
      copy_.append(into, count);
      return count;
    }
    bool is_ready(const std::function<void()>& ready) override { return reader().is_ready(ready); }

   private:
    BodyReader& reader() {
      if (!reader_) reader_ = body_.open();
      return *reader_;
    }

    const Body& body_;
    std::string& copy_;
    std::unique_ptr<BodyReader> reader_;
  };

  std::unique_ptr<Tap> record(const Outcome& outcome) {
    const Redaction& redaction = state_->redaction;
    Scripted& came = interaction_.outcome;
    came.evidence = outcome.evidence;
    came.fault = outcome.fault;
    came.status = outcome.status;
    came.connection_reused = outcome.connection_reused;
    came.os_error = outcome.os_error;
    came.detail = redact_urls(outcome.detail, redaction.query_names);
    came.takes = loop_->now().steady - begun_;
    if (outcome.evidence == Evidence::responded) {
      came.reason = response.reason;
      came.headers = redacted(response.headers, redaction);
      came.trailers = redacted(response.trailers, redaction);
      came.body =
          redacted_body(response.headers, sink_ == nullptr ? response.body : streamed_, redaction);
    }
    interaction_.body =
        redacted_body(interaction_.headers, std::move(interaction_.body), redaction);
    interaction_.headers = redacted(interaction_.headers, redaction);

    const std::lock_guard lock(state_->mutex);
    state_->interactions[number_] = std::move(interaction_);
    const auto at = std::find_if(state_->under_way.begin(), state_->under_way.end(),
                                 [this](const auto& tap) { return tap.get() == this; });
    std::unique_ptr<Tap> self = std::move(*at);
    state_->under_way.erase(at);
    return self;
  }

  Exchange& original_;
  std::shared_ptr<State> state_;
  const SteadyTime begun_;
  const std::size_t number_;
  EventLoop* loop_ = nullptr;
  Interaction interaction_;
  Body copied_;
  Exchange::Sink* sink_ = nullptr;
  std::string streamed_;
};

RecordingTransport::RecordingTransport(Redaction redaction)
    : RecordingTransport(make_wire(), std::move(redaction)) {}
RecordingTransport::RecordingTransport(std::shared_ptr<Transport> over, Redaction redaction)
    : over_(std::move(over)), state_(std::make_shared<State>(std::move(redaction))) {}
RecordingTransport::~RecordingTransport() = default;

Cassette RecordingTransport::cassette() const {
  const std::lock_guard lock(state_->mutex);
  Cassette cassette;
  for (const auto& interaction : state_->interactions)
    if (interaction) cassette.interactions.push_back(*interaction);
  return cassette;
}

std::shared_ptr<EventLoop> RecordingTransport::lease() {
  return over_->lease();
}

void RecordingTransport::start(EventLoop& loop, Exchange& exchange) {
  Tap* tap = nullptr;
  {
    const std::lock_guard lock(state_->mutex);
    const std::size_t number = state_->interactions.size();
    state_->interactions.emplace_back();
    tap = state_->under_way
              .emplace_back(std::make_unique<Tap>(exchange, state_, loop.now().steady, number))
              .get();
  }
  tap->run_on(loop);
  over_->start(loop, *tap);
}

void RecordingTransport::cancel(EventLoop& loop, Exchange& exchange) {
  Tap* tap = nullptr;
  {
    const std::lock_guard lock(state_->mutex);
    for (const auto& one : state_->under_way)
      if (one->stands_for(exchange)) tap = one.get();
  }
  if (tap != nullptr) over_->cancel(loop, *tap);
}

}  // namespace testing
}  // namespace v0
}  // namespace redial

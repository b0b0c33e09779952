#include "transport/wire/resolver.hpp"

#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>

#include <netdb.h>
#include <sys/socket.h>

namespace redial {
inline namespace v0 {
namespace wire {
namespace {

using boost::asio::ip::address;

Fault fault_of(int code) {
#ifdef EAI_NODATA
  if (code == EAI_NODATA) return Fault::dns_not_found;
#endif
  return code == EAI_NONAME ? Fault::dns_not_found : Fault::dns_failure;
}

Addresses failed(const std::string& host, int code) {
  return {.list = {},
          .fault = fault_of(code),
          .detail = "looking up " + host + ": " + gai_strerror(code)};
}

Addresses from_text(const std::string& host, const std::vector<std::string>& texts) {
  Addresses found;
  for (const auto& text : texts) {
    boost::system::error_code bad;
    const address parsed = boost::asio::ip::make_address(text, bad);
    if (!bad) found.list.push_back(parsed);
  }
  return found.list.empty() ? failed(host, EAI_NONAME) : found;
}

Addresses system_lookup(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  if (const int code = getaddrinfo(host.c_str(), nullptr, &hints, &list); code != 0)
    return failed(host, code);
  Addresses found;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    boost::asio::ip::tcp::endpoint endpoint;
    if (entry->ai_addrlen > endpoint.capacity()) continue;
    std::memcpy(endpoint.data(), entry->ai_addr, entry->ai_addrlen);
    endpoint.resize(entry->ai_addrlen);
    found.list.push_back(endpoint.address());
  }
  freeaddrinfo(list);
  return found.list.empty() ? failed(host, EAI_NONAME) : found;
}

}  // namespace

struct Resolver::Ticket::Shared {
  std::mutex mutex;
  bool abandoned = false;
  std::function<void(Addresses)> done;

  bool is_abandoned() {
    const std::lock_guard guard(mutex);
    return abandoned;
  }
  void answer(const Addresses& found) {
    const std::lock_guard guard(mutex);
    if (!abandoned) done(found);
  }
};

struct Resolver::State {
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<std::string> queue;  // names that no thread has taken yet
  // Who waits for a name, from the first ticket to the answer: a name that hangs takes one thread,
  // however often it is asked for, so that others go on.
  std::unordered_map<std::string, std::vector<std::shared_ptr<Ticket::Shared>>> waiting;
  std::size_t threads = 0;
  std::size_t idle = 0;
  bool over = false;
  std::size_t most_threads = 4;
  int (*lookup)(const std::string&, std::vector<std::string>&) = nullptr;

  Addresses find(const std::string& host) const {
    if (lookup == nullptr) return system_lookup(host);
    std::vector<std::string> texts;
    const int code = lookup(host, texts);
    return code == 0 ? from_text(host, texts) : failed(host, code);
  }
};

namespace {

template <class State>
void serve(const std::shared_ptr<State>& state) {
  std::unique_lock lock(state->mutex);
  for (;;) {
    ++state->idle;
    state->wake.wait(lock, [&] { return state->over || !state->queue.empty(); });
    --state->idle;
    if (state->over) return;
    const std::string host = std::move(state->queue.front());
    state->queue.pop_front();
    auto& waiting = state->waiting[host];
    std::erase_if(waiting, [](const auto& ticket) { return ticket->is_abandoned(); });
    if (waiting.empty()) {
      state->waiting.erase(host);
      continue;
    }
    lock.unlock();
    const Addresses found = state->find(host);
    lock.lock();
    const auto tickets = std::move(state->waiting[host]);
    state->waiting.erase(host);
    lock.unlock();
    for (const auto& ticket : tickets) ticket->answer(found);
    lock.lock();
  }
}

}  // namespace

Resolver::Ticket& Resolver::Ticket::operator=(Ticket&& other) noexcept {
  if (this != &other) {
    abandon();
    shared_ = std::move(other.shared_);
  }
  return *this;
}

Resolver::Ticket::~Ticket() {
  abandon();
}

void Resolver::Ticket::abandon() noexcept {
  if (!shared_) return;
  const std::lock_guard guard(shared_->mutex);
  shared_->abandoned = true;
  shared_->done = nullptr;
}

Resolver::Resolver(const WireOptions& options)
    : fixed_(options.resolve), state_(std::make_shared<State>()) {
  state_->most_threads = options.resolver_threads == 0 ? 1 : options.resolver_threads;
  state_->lookup = options.lookup;
}

Resolver::~Resolver() {
  const std::lock_guard guard(state_->mutex);
  state_->over = true;
  state_->wake.notify_all();
}

std::optional<Addresses> Resolver::at_hand(const std::string& host, std::uint16_t port) const {
  boost::system::error_code not_literal;
  const address literal = boost::asio::ip::make_address(host, not_literal);
  if (!not_literal) return Addresses{.list = {literal}, .fault = Fault::none, .detail = {}};
  if (fixed_.empty()) return std::nullopt;
  const auto entry = fixed_.find(host + ":" + std::to_string(port));
  if (entry == fixed_.end()) return std::nullopt;
  return from_text(host, entry->second);
}

Resolver::Ticket Resolver::look_up(const std::string& host, std::function<void(Addresses)> done) {
  Ticket ticket;
  ticket.shared_ = std::make_shared<Ticket::Shared>();
  ticket.shared_->done = std::move(done);
  const std::lock_guard guard(state_->mutex);
  auto& waiting = state_->waiting[host];
  waiting.push_back(ticket.shared_);
  if (waiting.size() > 1) return ticket;  // the look-up that is under way answers this one too
  state_->queue.push_back(host);
  if (state_->idle < state_->queue.size() && state_->threads < state_->most_threads) {
    try {
      std::thread([state = state_] { serve(state); }).detach();
      ++state_->threads;
    } catch (const std::system_error& error) {
      if (state_->threads == 0) {  // no thread to do it on: say so instead of waiting for ever
        state_->queue.pop_back();
        state_->waiting.erase(host);
        ticket.shared_->done({.list = {}, .fault = Fault::dns_failure, .detail = error.what()});
      }
    }
  }
  state_->wake.notify_one();
  return ticket;
}

}  // namespace wire
}  // namespace v0
}  // namespace redial

#include "transport/wire/resolver.hpp"

#include <algorithm>
#include <chrono>
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

constexpr std::size_t k_most_hanging = 64;  // threads beyond the usual, for names that hang

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

struct Resolver::State {
  /// A name that somebody wants: queued, then looked up by one thread, however many ask.
  struct Name {
    std::vector<std::shared_ptr<Ticket::Shared>> tickets;
    bool under_way = false;
    bool hangs = false;  ///< everybody who asked had given it up once, or it takes long
    std::chrono::steady_clock::time_point since{};  ///< while under way
  };

  std::mutex mutex;
  std::condition_variable wake;
  std::deque<std::string> queue;  // names that no thread has taken yet
  std::unordered_map<std::string, Name> names;
  std::size_t threads = 0;
  std::size_t idle = 0;
  std::size_t hanging = 0;  // names
  bool over = false;
  std::size_t most_threads = 4;
  int (*lookup)(const std::string&, std::vector<std::string>&) = nullptr;

  Addresses find(const std::string& host) const noexcept {
    try {
      return found(host);
    } catch (const std::bad_alloc&) {
      return {.list = {}, .fault = Fault::dns_failure, .detail = {}};
    }
  }
  Addresses found(const std::string& host) const {
    if (lookup == nullptr) return system_lookup(host);
    std::vector<std::string> texts;
    const int code = lookup(host, texts);
    return code == 0 ? from_text(host, texts) : failed(host, code);
  }
  // A thread that hangs is replaced, so that it keeps nobody else from a look-up: up to a bound.
  std::size_t allowed() const { return most_threads + std::min(hanging, k_most_hanging); }
};

struct Resolver::Ticket::Shared {
  std::mutex mutex;
  bool abandoned = false;
  std::function<void(Addresses)> done;
  std::string host;
  std::weak_ptr<State> resolver;

  bool is_abandoned() {
    const std::lock_guard guard(mutex);
    return abandoned;
  }
  void answer(const Addresses& found) noexcept {
    const std::lock_guard guard(mutex);
    try {
      if (!abandoned) done(found);
    } catch (const std::bad_alloc&) {  // who waits is told by a limit
    }
  }
};

namespace {

// Serves names until the resolver goes, or until there are more threads than there should be: a
// name that hung has come back.
template <class State>
void serve(const std::shared_ptr<State>& state) {
  std::unique_lock lock(state->mutex);
  while (state->threads <= state->allowed()) {
    ++state->idle;
    state->wake.wait(lock, [&] { return state->over || !state->queue.empty(); });
    --state->idle;
    if (state->over) return;
    const std::string host = std::move(state->queue.front());
    state->queue.pop_front();
    auto& name = state->names[host];
    std::erase_if(name.tickets, [](const auto& ticket) { return ticket->is_abandoned(); });
    if (name.tickets.empty()) {
      state->names.erase(host);
      continue;
    }
    name.under_way = true;
    name.since = std::chrono::steady_clock::now();
    lock.unlock();
    const Addresses found = state->find(host);
    lock.lock();
    const auto ended = state->names.extract(host);
    if (ended.mapped().hangs) --state->hanging;
    lock.unlock();
    for (const auto& ticket : ended.mapped().tickets) ticket->answer(found);
    lock.lock();
  }
  --state->threads;
}

// With the state locked. Throws when there can be no thread at all.
template <class State>
void add_thread_if_needed(const std::shared_ptr<State>& state) {
  if (state->idle >= state->queue.size() || state->threads >= state->allowed()) return;
  try {
    std::thread([state] { serve(state); }).detach();
    ++state->threads;
  } catch (const std::exception&) {  // no thread, or no memory
    if (state->threads == 0) throw;
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
  {
    const std::lock_guard guard(shared_->mutex);
    shared_->abandoned = true;
    shared_->done = nullptr;
  }
  const auto state = shared_->resolver.lock();
  if (!state) return;
  const std::lock_guard guard(state->mutex);
  const auto name = state->names.find(shared_->host);
  if (name == state->names.end() || !name->second.under_way || name->second.hangs) return;
  const auto& tickets = name->second.tickets;
  if (!std::all_of(tickets.begin(), tickets.end(), [](const auto& t) { return t->is_abandoned(); }))
    return;
  name->second.hangs = true;
  ++state->hanging;
  try {
    add_thread_if_needed(state);
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): others serve the queue
  }
}

void Resolver::pass_by_slow(Duration patience) noexcept {
  const std::lock_guard guard(state_->mutex);
  if (state_->queue.empty()) return;
  const auto now = std::chrono::steady_clock::now();
  for (auto& [host, name] : state_->names) {
    if (!name.under_way || name.hangs || now - name.since < patience) continue;
    name.hangs = true;
    ++state_->hanging;
  }
  try {
    for (std::size_t waiting = state_->queue.size(); waiting > 0; --waiting)
      add_thread_if_needed(state_);
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): others serve the queue
  }
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
  if (!fixed_.empty()) {
    const std::string at_port = ":" + std::to_string(port);
    auto entry = fixed_.find(host + at_port);
    if (entry == fixed_.end()) entry = fixed_.find("*" + at_port);
    if (entry != fixed_.end()) return from_text(host, entry->second);
  }
  boost::system::error_code not_literal;
  const address literal = boost::asio::ip::make_address(host, not_literal);
  if (!not_literal) return Addresses{.list = {literal}, .fault = Fault::none, .detail = {}};
  return std::nullopt;
}

Resolver::Ticket Resolver::look_up(const std::string& host, std::function<void(Addresses)> done) {
  Ticket ticket;
  ticket.shared_ = std::make_shared<Ticket::Shared>();
  ticket.shared_->done = std::move(done);
  ticket.shared_->host = host;
  ticket.shared_->resolver = state_;
  const std::lock_guard guard(state_->mutex);
  auto& name = state_->names[host];
  const bool asked_for = name.under_way || !name.tickets.empty();
  std::erase_if(name.tickets, [](const auto& other) { return other->is_abandoned(); });
  name.tickets.push_back(ticket.shared_);
  if (asked_for) return ticket;  // the look-up that is queued or under way answers this one too
  state_->queue.push_back(host);
  try {
    add_thread_if_needed(state_);
  } catch (const std::exception& error) {
    state_->queue.pop_back();
    state_->names.erase(host);
    ticket.shared_->done({.list = {}, .fault = Fault::dns_failure, .detail = error.what()});
  }
  state_->wake.notify_one();
  return ticket;
}

}  // namespace wire
}  // namespace v0
}  // namespace redial

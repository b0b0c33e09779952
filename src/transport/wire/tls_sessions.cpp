#include "transport/wire/tls_sessions.hpp"

#include <new>

namespace redial {
inline namespace v0 {
namespace wire {
namespace {

constexpr std::size_t k_per_server = 4;
constexpr std::size_t k_servers = 1024;

}  // namespace

// What a connection remembers: where its sessions go, and under which name.
struct TlsSessions::Tag {
  TlsSessions* owner;
  std::string server;

  static void free(void*, void* tag, CRYPTO_EX_DATA*, int, long, void*) {
    delete static_cast<Tag*>(tag);
  }
};

int TlsSessions::index() {
  static const int instance = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, &Tag::free);
  return instance;
}

void TlsSessions::enable(SSL_CTX* context) {
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, &TlsSessions::offered);
}

// Called by OpenSSL, at the handshake's end or while reading. 1: the session is ours now.
int TlsSessions::offered(SSL* ssl, SSL_SESSION* session) {
  const auto* const tag = static_cast<Tag*>(SSL_get_ex_data(ssl, index()));
  if (tag == nullptr || SSL_SESSION_is_resumable(session) != 1) return 0;
  try {
    tag->owner->keep({SSL_get_SSL_CTX(ssl), tag->server}, Session(session));
  } catch (const std::bad_alloc&) {  // freed by then: it was ours
  }
  return 1;
}

void TlsSessions::attach(SSL* ssl, std::string server) {
  auto tag = std::make_unique<Tag>(Tag{this, std::move(server)});
  if (const Session known = take({SSL_get_SSL_CTX(ssl), tag->server}))
    SSL_set_session(ssl, known.get());
  if (SSL_set_ex_data(ssl, index(), tag.get()) == 1) static_cast<void>(tag.release());
}

void TlsSessions::forget(SSL* ssl) {
  const auto* const tag = static_cast<Tag*>(SSL_get_ex_data(ssl, index()));
  if (tag == nullptr) return;
  const std::lock_guard guard(mutex_);
  sessions_.erase({SSL_get_SSL_CTX(ssl), tag->server});
}

void TlsSessions::keep(Key key, Session session) {
  const std::lock_guard guard(mutex_);
  if (sessions_.size() >= k_servers && !sessions_.contains(key)) sessions_.erase(sessions_.begin());
  auto& known = sessions_[std::move(key)];
  if (known.size() >= k_per_server) known.erase(known.begin());
  known.push_back(std::move(session));
}

TlsSessions::Session TlsSessions::take(const Key& key) {
  const std::lock_guard guard(mutex_);
  const auto found = sessions_.find(key);
  if (found == sessions_.end() || found->second.empty()) return nullptr;
  SSL_SESSION* const newest = found->second.back().get();
  if (SSL_SESSION_get_protocol_version(newest) < TLS1_3_VERSION) {
    SSL_SESSION_up_ref(newest);  // may be used again and again
    return Session(newest);
  }
  Session taken = std::move(found->second.back());
  found->second.pop_back();
  return taken;
}

}  // namespace wire
}  // namespace v0
}  // namespace redial

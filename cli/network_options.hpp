#pragma once

namespace redial {
inline namespace v0 {
struct SessionOptions;
}
}  // namespace redial

namespace redial::cli {

struct CallFlags;
struct CallSetup;

/// --resolve host:port:address[,address…]. Each throws UsageError naming the flag.
void add_resolve(const CallFlags& flags, SessionOptions& session);
/// -u, --digest, --unix-socket.
void add_credentials(const CallFlags& flags, CallSetup& setup);
/// -x, -U, --noproxy, and the environment.
void add_proxy(const CallFlags& flags, SessionOptions& session);

}  // namespace redial::cli

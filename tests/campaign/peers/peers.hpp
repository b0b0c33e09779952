#pragma once

#include <string>
#include <vector>

#include "campaign/client.hpp"

namespace campaign {

/// Somebody else's client, and how it is set up.
struct Peer {
  std::string name;
  std::string setting;
  MakeClient make;
};

/// libcurl's easy interface, a reused handle a thread. `attempts`: 1, or the loop that people write
/// around it.
MakeClient libcurl(int attempts);
/// cpp-httplib, a kept-alive client a thread.
MakeClient httplib(int attempts);
/// The command, a process a call.
MakeClient curl_command(std::vector<std::string> options);
/// requests with urllib3's Retry, a session a thread; `mode` is of requests_peer.py.
MakeClient requests(std::string mode);

/// An answer that the usual loop does not try again.
inline bool is_final(int status) {
  return status < 500 && status != 429;
}

/// What these clients can say: success, or a failure, with a status or without.
Told told_by_peer(const Order& order, int status, const std::string& body);

/// Where the n-th attempt (from 1) finds an order's host; the server's address when it has none.
std::string address_of(const Order& order, int attempt);

}  // namespace campaign

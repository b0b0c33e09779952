#pragma once

#include "crowd/peer.hpp"

namespace crowd {

/// A client: makes the requests, as many at once as there are lanes, and returns when the last is
/// answered. Throws when one fails.
using Peer = void (*)(const Target& target, Work& work);

/// An AsyncSession as it comes, a coroutine for each request in flight, one event-loop thread.
void redial_async(const Target& target, Work& work);
/// The same with two threads.
void redial_async_2(const Target& target, Work& work);
/// What a careful person writes with Boost.Beast: a coroutine for each request in flight, with a
/// time-out for each call.
void beast_coroutines(const Target& target, Work& work);
/// libcurl's multi interface over curl_multi_poll.
void curl_poll(const Target& target, Work& work);
/// libcurl's multi interface over curl_multi_socket_action and epoll.
void curl_socket(const Target& target, Work& work);
/// cpp-httplib, a client and a thread for each request in flight.
void httplib_threads(const Target& target, Work& work);

}  // namespace crowd

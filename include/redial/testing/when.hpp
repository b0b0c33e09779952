#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <redial/config.hpp>

namespace redial {
inline namespace v0 {
namespace testing {

/// Which requests, or connections, something goes wrong with. All that is given must hold; nothing
/// given means each of them.
///
/// Requests are counted per rule, and only those of its route, from 1. Chance is drawn from the
/// server's seed, the rule's place and the request's id with how often it came, or its number when
/// it carries none: with ids the same requests are struck whatever the order in which threads send.
///
///     {.route = "POST /pay", .probability = 0.1}                       a tenth of them
///     {.every = 3}                                                     each third
///     {.time = {{.from = 5s, .until = 10s}}}                           an outage of 5 s
///     {.requests = {{.from = 1, .until = 4, .period = 10}}}            flapping: 3 of 10
struct When {
  /// From `from` (included) until `until` (excluded), again every `period`; 0: once.
  struct Count {
    int from = 1;
    int until = 1;
    int period = 0;
  };
  /// The same in time since the server began.
  struct Time {
    std::chrono::milliseconds from{};
    std::chrono::milliseconds until{};
    std::chrono::milliseconds period{};
  };

  std::string route = {};                        ///< as in `FaultServer::on`; for requests
  std::string header = {};                       ///< "Name: value", exactly that; for requests
  std::optional<Count> requests = std::nullopt;  ///< of connections: their number
  std::optional<Time> time = std::nullopt;
  int every = 0;                ///< each so-manieth
  int first_on_connection = 0;  ///< from a connection's n-th request on: 2 strikes reused ones
  double probability = 1;
  int at_most = 0;  ///< strikes that often, then never; 0: no bound
};

}  // namespace testing
}  // namespace v0
}  // namespace redial

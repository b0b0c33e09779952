#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <redial/policy/report.hpp>

#include "traffic.hpp"

namespace campaign {

/// What a client says about one call.
struct Told {
  redial::CallOutcome outcome = redial::CallOutcome::failed;
  redial::Resend resend = redial::Resend::unsafe;
  int status = 0;               ///< of the last answer; 0: none
  bool right_answer = false;    ///< the body is the one that the server has for this request
  std::uint8_t sends = 0;       ///< attempts of which something left, as the client counts them
  std::uint8_t unsent = 0;      ///< attempts that failed before anything left
  bool gave_up_unsent = false;  ///< an attempt of which nothing left, and no other after it though
                                ///< there were retries left
};

/// Whoever makes calls.
class Client {
 public:
  virtual ~Client() = default;
  Client() = default;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// From several threads at once, one a lane, from 0.
  virtual Told call(const Order& order, std::size_t lane) = 0;
  /// It reports every send by itself, so that its words can be compared with the ledger.
  virtual bool reports() const { return false; }
};

/// Where a client finds its server.
struct Place {
  Round round;
  std::uint16_t port = 0;
  std::string ca_file;

  std::string url(const Order& order) const;
};

using MakeClient = std::function<std::unique_ptr<Client>(const Place&)>;

}  // namespace campaign

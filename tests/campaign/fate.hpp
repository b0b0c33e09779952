#pragma once

#include <cstdint>
#include <string_view>

#include <redial/testing/fault_server.hpp>

#include "traffic.hpp"

namespace campaign {

/// What becomes of one arrival of a request at its server.
struct Fate {
  std::string_view name = "served";
  redial::testing::Reply reply;
  bool is_fault = false;
};

/// The same for a round, a request and how often it has come (from 1): neither threads nor clients
/// have a say in it.
Fate fate_of(const Round& round, std::uint32_t number, std::uint32_t arrival);

/// The only body that an answer to this request may have.
std::string answer_to(std::string_view id);

/// What strikes connections before any request is read; only of rounds with one caller, where a
/// connection's number means something.
void strike_connections(redial::testing::FaultServer& server, const Round& round);

/// How a round's server takes keys.
redial::testing::KeyRules keys_of(const Round& round);

}  // namespace campaign

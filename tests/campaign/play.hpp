#pragma once

#include <cstdint>

#include "client.hpp"
#include "tally.hpp"

namespace campaign {

/// All of the traffic of a seed through one kind of client, several rounds at once. Without
/// `long_hints` nobody is told to come back in an hour: some clients would.
Tally play(std::uint32_t requests, std::uint64_t seed, const MakeClient& make,
           bool long_hints = true);

}  // namespace campaign

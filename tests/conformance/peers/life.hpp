#pragma once

#include "conformance/peers/row.hpp"
#include "conformance/peers/table.hpp"

namespace conformance {

/// A peer's life around a call: it ends idle connections, stops, dies with the request in hand,
/// freezes, is down for one attempt. One after another: each scene has the peer for itself.
void add_life_of(Table& table, Nginx& peer, Upstream& up);
void add_life_of(Table& table, Haproxy& peer, Upstream& up);

}  // namespace conformance

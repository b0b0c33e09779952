#pragma once

#include <optional>

#include "client.hpp"
#include "guards.hpp"

namespace campaign {

/// `redial::Session` and `redial::AsyncSession`, with their defaults but for what a test needs: no
/// waiting (testing::FastRetries), and short limits, for the server's silences.
MakeClient blocking(std::optional<Guard> without = std::nullopt);
MakeClient asynchronous(std::optional<Guard> without = std::nullopt);

}  // namespace campaign

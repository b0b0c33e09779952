#pragma once

#include <string>

#include "run_stats.hpp"

namespace redial::cli {

/// The curl command that makes this call again as far as its result tells: method, URL and
/// idempotency key, not its other fields or its body. Empty when the line names nothing that can be
/// called (its URL or method is none): nothing from outside reaches a shell unchecked.
std::string curl_line(const Example& example);

/// What has to be known before that is run; empty when there is nothing.
std::string curl_caution(const Example& example);

}  // namespace redial::cli

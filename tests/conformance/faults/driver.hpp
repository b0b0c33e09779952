#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <redial/policy/report.hpp>

#include "campaign/guards.hpp"

namespace conformance {

/// How a client of a cell is made.
struct ClientSpec {
  std::string ca_file;
  std::string proxy;  ///< empty: directly
  std::chrono::milliseconds connect{20'000};
  std::chrono::milliseconds attempt{20'000};
  int retries = 2;
  /// Instead of looking names up.
  int (*lookup)(const std::string& host, std::vector<std::string>& addresses) = nullptr;
};

struct CallSpec {
  std::string method;
  std::string url;
  std::string id;  ///< X-Request-Id
  std::optional<std::string> body = std::nullopt;
  bool keyed = false;
  std::string key = {};  ///< the caller's own, if `keyed`; else a new one
  bool expects = false;
  std::string shard = {};  ///< X-Shard
  std::optional<std::uint64_t> max_body = std::nullopt;
};

/// What came of a call.
struct Played {
  redial::CallReport report;
  bool answered = false;  ///< it returned an answer
  std::string body;
};

/// Makes calls, one after another, over the same connections.
using Call = std::function<Played(const CallSpec&)>;
/// Any client of redial's can be put through the table.
using Driver = std::function<Call(const ClientSpec&)>;

/// `redial::Session`, and `redial::AsyncSession`; or either without one of its guards, which the
/// table must notice.
Driver blocking_driver(std::optional<campaign::Guard> without = std::nullopt);
Driver async_driver(std::optional<campaign::Guard> without = std::nullopt);

}  // namespace conformance

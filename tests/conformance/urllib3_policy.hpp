#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include <redial/policy/retry.hpp>
#include <redial/policy/time.hpp>

namespace conformance {

/// What replaying one recorded entry came to. `diverged`: it records a bug of urllib3's that redial
/// does not have.
struct VectorResult {
  enum Verdict { passed, failed, diverged };
  Verdict verdict = passed;
  std::string why;
};

/// The policy of an entry as our data: an absent key is urllib3's default, null its None, false its
/// off.
redial::Retry retry_from_vector(const nlohmann::json& policy);

/// When an entry plays.
redial::WallTime time_of_vector(const nlohmann::json& entry);

/// As Python compares: True is 1, False 0; rounding aside.
bool same_value(const nlohmann::json& a, const nlohmann::json& b);

/// Whether an entry records a bug of urllib3's.
bool is_quirk(const nlohmann::json& entry);

/// Replays a `policy` entry: operations on counters and formulas, without any call.
VectorResult run_policy_vector(const nlohmann::json& entry);

}  // namespace conformance

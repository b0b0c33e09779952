#pragma once

#include <string>
#include <string_view>

#include <redial/policy/evidence.hpp>

namespace conformance {

/// An error that an entry names, as redial meets it and as urllib3 classifies it.
struct NamedError {
  std::string_view name;
  redial::Fault fault;
  redial::Cause cause;
  std::string_view reason;  ///< the class that urllib3 makes of it
};

/// Throws std::runtime_error for a name that is not in the table.
const NamedError& named_error(const std::string& name);

/// Entries name what ended a call by the event or by urllib3's class: either is right.
bool is_named(const std::string& wanted, const std::string& name);

}  // namespace conformance

#pragma once

#include <string>

namespace redial::cli {

/// The content behind "@name": a file, or standard input for "-". Throws UsageError naming `flag`.
std::string read_named(const std::string& flag, const std::string& name);

}  // namespace redial::cli

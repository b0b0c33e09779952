#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace redial::cli {

/// Gives what stands behind "@name" (a file, or standard input for "-") to `take`, piece by piece,
/// and ends by Interrupted when someone asks to stop. Throws UsageError naming `flag`.
void read_all(const std::string& flag, const std::string& name,
              const std::function<void(std::string_view piece)>& take);

}  // namespace redial::cli

#pragma once

#include <string>
#include <utility>

#include <redial/session/policy_file.hpp>

namespace CLI {
class App;
}

namespace redial::cli {

struct CallFlags;
struct CallSetup;

/// Declares the flags that make a policy, on their own.
void declare_policy(CLI::App& app, CallFlags& flags);

/// What they say, on top of what the file of --policy says. Throws UsageError naming the flag.
void add_policy(const CallFlags& flags, CallSetup& setup);

/// What --policy names: a file, and one of its policies or nothing. "FILE#NAME", where FILE may
/// hold a # itself. Throws UsageError for a # without a name.
std::pair<std::string, std::string> policy_and_name(const std::string& given);
/// That file. Throws UsageError, which names --policy beside what is wrong with it.
PolicyFile load_policies(const std::string& path);

}  // namespace redial::cli

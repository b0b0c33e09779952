#pragma once

#include <string>

#include <redial/session/netrc.hpp>

namespace CLI {
class App;
}

namespace redial::cli {

struct NetrcFlags {
  bool use = false, optional = false;
  std::string file;
};

void declare_netrc(CLI::App& app, NetrcFlags& flags, const char* group);

/// Whose logins the call may use: nobody's unless a flag asks, as in curl. Throws UsageError for a
/// file that is asked for and missing, or wrong.
Netrc netrc_of(const NetrcFlags& flags);

}  // namespace redial::cli

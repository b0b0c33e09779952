#include "netrc_options.hpp"

#include <filesystem>
#include <stdexcept>
#include <system_error>

#include <CLI/CLI.hpp>

#include "errors.hpp"

namespace redial::cli {

void declare_netrc(CLI::App& app, NetrcFlags& flags, const char* group) {
  app.add_flag("-n,--netrc", flags.use, "take the login from $NETRC, ~/.netrc or ~/_netrc")
      ->group(group);
  app.add_option("--netrc-file", flags.file, "as -n, from this file")->group(group);
  app.add_flag("--netrc-optional", flags.optional, "as -n, and it may be missing")->group(group);
}

Netrc netrc_of(const NetrcFlags& flags) {
  if (!flags.use && !flags.optional && flags.file.empty()) return {};
  const std::string flag = flags.file.empty() ? "-n" : "--netrc-file";
  try {
    const auto file = flags.file.empty() ? Netrc::default_file() : flags.file;
    if (flags.optional && (!file || !std::filesystem::exists(*file))) return {};
    if (!file) throw UsageError("-n: there is no ~/.netrc");
    return Netrc::read(*file);
  } catch (const std::system_error& error) {
    throw UsageError(flag + ": " + error.what());
  } catch (const std::invalid_argument& error) {
    throw UsageError(flag + ": " + error.what());
  }
}

}  // namespace redial::cli

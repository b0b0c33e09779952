#pragma once

#include <string>

namespace CLI {
class App;
}

namespace redial::cli {

/// The man page redial(1), in roff, made from the commands and options as they are declared: it
/// cannot fall behind `--help`.
std::string man_page(const CLI::App& app);

/// A completion script for `shell` (bash, zsh or fish), made from the same declarations. Throws
/// UsageError for another shell.
std::string completion_script(const CLI::App& app, const std::string& shell);

}  // namespace redial::cli

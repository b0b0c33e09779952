#pragma once

#include <string>

namespace CLI {
class App;
}

namespace redial::cli {

struct CallFlags;
struct CallSetup;

/// Remembers in which order the kinds of data came: they are joined in it. Called after parsing.
void note_order(const CLI::App& app, CallFlags& flags);

/// The body, or the query by -G, that -d and its kind, --json or -F make, and the fields that go
/// with it. Throws UsageError naming the flag.
void add_body(const CallFlags& flags, CallSetup& setup);

/// As curl reads a text for a flag: CR, LF and NUL are not part of it.
std::string without_line_ends(std::string text);

}  // namespace redial::cli

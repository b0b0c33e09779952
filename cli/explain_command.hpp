#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace redial::cli {

class Interrupt;

/// `redial explain`. Parsing sets `chosen` to what carries it out and returns the exit code.
void declare_explain_command(CLI::App& app, std::function<int(const Interrupt&)>& chosen);

}  // namespace redial::cli

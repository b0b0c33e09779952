#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace redial::cli {

class Interrupt;

/// `redial report`. Parsing sets `chosen` to what carries it out and returns the exit code.
void declare_report_command(CLI::App& app, std::function<int(const Interrupt&)>& chosen);

}  // namespace redial::cli

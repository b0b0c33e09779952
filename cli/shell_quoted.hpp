#pragma once

#include <string>

namespace redial::cli {

/// `text` as a shell takes it.
std::string shell_quoted(const std::string& text);

}  // namespace redial::cli

#pragma once

#include <stdexcept>

namespace redial::cli {

/// The command line or its input makes no sense: exit 2, nothing (more) was sent.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// An output cannot be written: exit 74.
struct OutputError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace redial::cli

#pragma once

#include <string>
#include <vector>

#include <redial/testing/fault_catalogue.hpp>

#include "driver.hpp"
#include "nature.hpp"

namespace conformance {

enum class Kind { get, put, post, keyed_post, head };

/// One square of the matrix.
struct Cell {
  const redial::testing::NamedFault* fault = nullptr;
  Kind kind = Kind::get;
  bool reused = false;  ///< the request goes on a connection that has carried another
  Way way = {};
  bool once = false;  ///< the fault strikes the first attempt; else every one

  std::string name() const;
};

/// All that make sense, and how many squares do not.
std::vector<Cell> all_cells();

/// Plays it, and says what disagrees with the oracle or with the ledger; empty: nothing.
std::vector<std::string> disagreements(const Cell& cell, const Driver& driver);

}  // namespace conformance

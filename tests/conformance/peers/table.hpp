#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "conformance/peers/row.hpp"

namespace conformance {

/// Plays rows, many at a time (they wait most of the time), and says which cells disagree with the
/// oracle or with the origin's ledger.
class Table {
 public:
  using Problems = std::vector<std::string>;

  /// Every cell of the row.
  void add(const std::string& peer, const Row& row);
  /// One after another, as one: for a peer that can only do one thing at a time.
  void add_one_by_one(const std::string& peer, const Rows& rows);
  /// Scenes of their own, by name: each says what disagrees.
  using Scenes = std::vector<std::pair<std::string, std::function<Problems()>>>;
  void add_one_by_one(Scenes scenes);

  /// Plays what was added, and forgets it; how many cells.
  std::size_t play();
  std::size_t passed() const { return passed_; }
  std::size_t failed() const { return failed_; }

 private:
  static Scenes cells_of(const std::string& peer, const Row& row);

  std::vector<Scenes> queues_;
  std::size_t passed_ = 0;
  std::size_t failed_ = 0;
};

}  // namespace conformance

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace redial::cli {

/// Which job ids have been seen, in at most 16 bytes an id: 64-bit fingerprints in small tables
/// that grow one at a time.
///
/// Two ids with the same fingerprint (10^-6 over 10 million ids) look like one that repeats: who
/// has the file at hand looks again. Thread safety: none.
class IdSet {
 public:
  /// False when an id with this fingerprint was there already.
  bool add(std::string_view id);
  bool contains(std::string_view id) const;
  std::size_t size() const noexcept { return size_; }
  /// What the tables hold now.
  std::size_t bytes() const noexcept;

 private:
  struct Table {
    std::vector<std::uint64_t> slots;  // 0: free
    std::size_t used = 0;
  };
  static std::uint64_t fingerprint(std::string_view id);
  static bool insert(Table& table, std::uint64_t print);
  static std::size_t find(const Table& table, std::uint64_t print);

  std::array<Table, 256> tables_;
  std::size_t size_ = 0;
};

}  // namespace redial::cli

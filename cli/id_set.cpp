#include "id_set.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace redial::cli {

std::uint64_t IdSet::fingerprint(std::string_view id) {
  const std::uint64_t hash = std::hash<std::string_view>()(id);
  return hash == 0 ? 1 : hash;
}

// The slot of `print`, or the free one where it would go. There is always a free one.
std::size_t IdSet::find(const Table& table, std::uint64_t print) {
  const std::size_t count = table.slots.size();
  // The low bits chose the table; the high ones choose the slot.
  auto at = static_cast<std::size_t>((print >> 32) * count >> 32);
  while (table.slots[at] != 0 && table.slots[at] != print) at = at + 1 == count ? 0 : at + 1;
  return at;
}

bool IdSet::insert(Table& table, std::uint64_t print) {
  // Between 0.8 and 0.8/1.4 full: 10 to 14 bytes an id.
  if (table.used + 1 > table.slots.size() * 4 / 5) {
    Table grown;
    grown.slots.resize(std::max<std::size_t>(4, table.slots.size() * 7 / 5 + 1));
    for (const std::uint64_t old : table.slots) {
      if (old != 0) grown.slots[find(grown, old)] = old;
    }
    grown.used = table.used;
    table = std::move(grown);
  }
  std::uint64_t& slot = table.slots[find(table, print)];
  if (slot == print) return false;
  slot = print;
  ++table.used;
  return true;
}

bool IdSet::add(std::string_view id) {
  const std::uint64_t print = fingerprint(id);
  const bool fresh = insert(tables_[print & 255], print);
  size_ += fresh ? 1 : 0;
  return fresh;
}

bool IdSet::contains(std::string_view id) const {
  const std::uint64_t print = fingerprint(id);
  const Table& table = tables_[print & 255];
  return !table.slots.empty() && table.slots[find(table, print)] == print;
}

std::size_t IdSet::bytes() const noexcept {
  std::size_t sum = 0;
  for (const auto& table : tables_) sum += table.slots.capacity() * sizeof(std::uint64_t);
  return sum;
}

}  // namespace redial::cli

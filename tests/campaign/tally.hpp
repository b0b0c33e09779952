#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "book.hpp"
#include "client.hpp"

namespace campaign {

/// What must not be.
enum class Wrong : std::uint8_t {
  duplicate,       ///< a request without a key acted more than once
  second_for_key,  ///< a key acted more than once
  no_effect,       ///< reported as ok, and it never happened
  foreign_answer,  ///< reported as ok with something else than the server's answer to it, which did
                   ///< happen
  lost,            ///< it happened, and the report does not let anybody suspect it
  unsent_given_up,  ///< nothing left, and it was not tried again though retries were left
  untold_send,      ///< the server read more requests than the report has sends
};
inline constexpr std::size_t k_wrongs = 7;
std::string_view to_string(Wrong wrong);

/// A client's words against the ledger, summed up.
struct Tally {
  std::uint64_t calls = 0, faulted = 0, arrivals = 0, effects = 0, unsent = 0;
  std::array<std::uint64_t, 5> outcomes{};  ///< by redial::CallOutcome
  std::uint64_t missed = 0;                 ///< neither an effect nor a success
  std::uint64_t missed_failed = 0;          ///< of these, told as failed or later
  std::array<std::uint64_t, k_wrongs> wrongs{};
  std::vector<std::string> examples;  ///< of what is wrong, the first few

  void judge(const Order& order, const Truth& truth, const Told& told, bool reports);
  void add(const Tally& other);
  std::uint64_t count(Wrong wrong) const { return wrongs[static_cast<std::size_t>(wrong)]; }
  std::uint64_t violations() const;
  /// On a few lines.
  std::string text() const;

 private:
  void note(Wrong wrong, const Order& order, const Truth& truth, const Told& told);
};

}  // namespace campaign

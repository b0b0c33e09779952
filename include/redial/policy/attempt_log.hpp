#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <redial/config.hpp>
#include <redial/policy/report.hpp>

namespace redial {
inline namespace v0 {

/// What a call remembers of an attempt: an `AttemptReport` in the room of a cache line, for calls
/// that wait by the hundred thousand.
struct AttemptRecord {
  /// What most attempts have none of.
  struct Seldom {
    std::uint64_t resumed_at = 0;
    int os_error = 0;
    std::string detail = {};
  };

  Duration started{};
  Duration elapsed{};
  Duration wait{};
  Duration held{};
  Duration retry_after = Duration::min();  ///< that is: no hint
  std::unique_ptr<Seldom> seldom = nullptr;
  std::int32_t hop = 0;
  std::int32_t status = 0;
  Evidence evidence = Evidence::not_sent;
  Fault fault = Fault::none;
  BodyVerdict body = BodyVerdict::whole;
  Decision decision = Decision::stop;
  Cause cause = Cause::none;
  bool connection_reused = false;
  std::optional<Signal> asked_by = std::nullopt;
};

/// The attempts of one call, the first in place: a call that succeeds at once allocates nothing.
///
/// References stay valid until the next one is added. Complexity: constant. Thread safety: none.
class REDIAL_EXPORT AttemptLog {
 public:
  int size() const noexcept { return size_; }
  AttemptRecord& add() {
    if (size_ > 0) more_.emplace_back();
    ++size_;
    return last();
  }
  void drop_last() {
    --size_;
    if (size_ > 0) {
      more_.pop_back();
    } else {
      first_ = {};
    }
  }
  AttemptRecord& last() noexcept { return more_.empty() ? first_ : more_.back(); }
  const AttemptRecord& last() const noexcept { return more_.empty() ? first_ : more_.back(); }
  /// By its number, from 1; without its URL, which is not known here.
  AttemptReport report(int number) const;

 private:
  AttemptRecord first_;
  std::vector<AttemptRecord> more_;
  int size_ = 0;
};

}  // namespace v0
}  // namespace redial

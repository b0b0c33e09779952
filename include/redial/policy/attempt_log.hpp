#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <new>
#include <vector>

#include <redial/config.hpp>
#include <redial/policy/report.hpp>

namespace redial {
inline namespace v0 {

/// The attempts of one call, the first four in place: each is made when it begins, so that a call
/// which succeeds at once pays for one and allocates nothing.
///
/// References stay valid until the fifth and later ones are added. Complexity: constant. Thread
/// safety: none.
class AttemptLog {
 public:
  AttemptLog() = default;
  AttemptLog(const AttemptLog&) = delete;
  AttemptLog& operator=(const AttemptLog&) = delete;
  ~AttemptLog() {
    while (size_ > 0) drop_last();
  }

  int size() const noexcept { return size_; }
  AttemptReport& add() {
    if (size_ >= k_in_place) {
      spilled_.emplace_back();
    } else {
      ::new (static_cast<void*>(slot(size_))) AttemptReport();
    }
    ++size_;
    return (*this)[size_];
  }
  void drop_last() noexcept {
    --size_;
    if (size_ >= k_in_place) {
      spilled_.pop_back();
    } else {
      std::destroy_at(in_place(size_));
    }
  }
  /// By its number, from 1.
  AttemptReport& operator[](int number) noexcept {
    return number > k_in_place ? spilled_[static_cast<std::size_t>(number - 1 - k_in_place)]
                               : *in_place(number - 1);
  }
  const AttemptReport& operator[](int number) const noexcept {
    return const_cast<AttemptLog&>(*this)[number];  // reads only
  }
  AttemptReport& last() noexcept { return (*this)[size_]; }

 private:
  static constexpr int k_in_place = 4;
  std::byte* slot(int index) noexcept {
    return bytes_.data() + static_cast<std::size_t>(index) * sizeof(AttemptReport);
  }
  AttemptReport* in_place(int index) noexcept {
    return std::launder(reinterpret_cast<AttemptReport*>(slot(index)));
  }

  int size_ = 0;
  alignas(AttemptReport) std::array<std::byte, k_in_place * sizeof(AttemptReport)> bytes_;
  std::vector<AttemptReport> spilled_;
};

}  // namespace v0
}  // namespace redial

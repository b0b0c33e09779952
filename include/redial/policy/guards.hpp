#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <redial/config.hpp>
#include <redial/policy/guard.hpp>

namespace redial {
inline namespace v0 {

/// Several guards as one: an attempt starts when all of them let it.
///
/// They are asked in their order, at each question anew, and the first that holds back ends it.
/// What those before it had granted ends as never made; what those after it had reserved is kept.
/// So a permit is never held through another guard's wait: put guards whose permits are worth much
/// last, as a place in a line or the start of a RateLimiter, which it does not take back.
///
/// Thread safety: safe, as its guards are. Memory: one entry for each attempt under way or waiting
/// to which some guard gave a permit other than 0.
class REDIAL_EXPORT Guards final : public Guard {
 public:
  /// Null pointers are left out.
  explicit Guards(std::vector<std::shared_ptr<Guard>> guards);
  ~Guards() override;
  Admission admit(const AttemptContext& context, Now now) noexcept override;
  void end(const AttemptContext& context, std::uint64_t permit, const Outcome* outcome,
           Now now) noexcept override;
  std::string describe() const override;

  /// One guard for all of `guards`: null for none, itself for one.
  static std::shared_ptr<Guard> all(std::vector<std::shared_ptr<Guard>> guards);

 private:
  struct Entry;
  struct State;
  Entry take(std::uint64_t id);
  std::uint64_t keep(Entry entry);
  void give_back(const AttemptContext& context, Entry& entry, std::size_t first, std::size_t last,
                 Now now) noexcept;

  std::vector<std::shared_ptr<Guard>> guards_;
  std::unique_ptr<State> state_;
};

}  // namespace v0
}  // namespace redial

#pragma once

#include <memory>

#include <redial/http/received_response.hpp>

namespace redial {
inline namespace v0 {
namespace detail {

/// An answer that is put by until its call ends, in one piece of memory: most are never looked at
/// again, and a call may wait long. Or none.
class KeptAnswer {
 public:
  KeptAnswer() = default;
  explicit KeptAnswer(const ReceivedResponse& answer);
  explicit operator bool() const noexcept { return packed_ != nullptr; }
  /// There must be one.
  ReceivedResponse unpacked() const;

 private:
  std::unique_ptr<char[]> packed_;
};

}  // namespace detail
}  // namespace v0
}  // namespace redial

#include <redial/policy/pace.hpp>

#include <algorithm>
#include <limits>

namespace redial {
inline namespace v0 {
namespace detail {

std::atomic<std::uint64_t> g_packed_pace{0};

}  // namespace detail

Retry paced(Retry retry, Pace pace) {
  if (pace.attempts == 0 || retry.total.is_off()) return retry;
  const auto most = static_cast<int>(std::min(pace.attempts, detail::k_most_paced_attempts)) - 1;
  retry.total = retry.total.is_unlimited() ? most : std::min(retry.total.number(), most);
  return retry;
}

}  // namespace v0
}  // namespace redial

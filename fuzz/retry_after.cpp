// Dates and Retry-After: any bytes are a time within bounds or nothing, and a date that was read
// prints back to itself.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <redial/http/headers.hpp>
#include <redial/http/http_date.hpp>
#include <redial/http/retry_after.hpp>

using namespace redial;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const WallTime now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24}};
  const auto hint = parse_retry_after(text, now, std::nullopt);
  if (hint && (*hint < Duration::zero() || *hint > k_retry_after_ceiling)) std::abort();
  if (const auto date = parse_http_date(text, now)) {
    const auto again = parse_http_date(format_http_date(*date), now);
    const bool in_range = *date > WallTime::min() && *date < WallTime::max();
    if (in_range && again != *date) std::abort();
  }
  return 0;
}

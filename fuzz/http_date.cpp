// Dates: any bytes, at any time, are a date within bounds or nothing; what was read prints back to
// itself. The first eight bytes are the time of reading.

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <redial/http/http_date.hpp>

using namespace redial;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::int64_t stamp = 0;
  if (size < sizeof stamp) return 0;
  std::memcpy(&stamp, bytes, sizeof stamp);
  const WallTime now{Duration{stamp}};
  const std::string_view text(reinterpret_cast<const char*>(bytes) + sizeof stamp,
                              size - sizeof stamp);
  const auto date = parse_http_date(text, now);
  if (!date) return 0;
  const bool in_range = *date > WallTime::min() && *date < WallTime::max();
  if (in_range && parse_http_date(format_http_date(*date), now) != *date) std::abort();
  return 0;
}

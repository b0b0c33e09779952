// Cassettes: any bytes are a cassette or a CassetteError, and one that was read writes to a text
// that reads the same.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <redial/testing/cassette.hpp>

using redial::testing::Cassette;
using redial::testing::CassetteError;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  try {
    const std::string once = Cassette::parse(text).text();
    if (Cassette::parse(once).text() != once) std::abort();
  } catch (const CassetteError&) {
    return 0;
  }
  return 0;
}
